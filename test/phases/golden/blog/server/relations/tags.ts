import { collection as post_tags } from '../data/post_tags.ts';
import type { Relations } from '../lib/relations.ts';

/** What a row can be shown with: `?include=`. */
export const relations = {
  post_tags: {
    kind: 'children',
    rows: post_tags,
    from: ['id'],
    to: ['tag_id'],
    types: ['varchar'],
  },
} satisfies Relations;
