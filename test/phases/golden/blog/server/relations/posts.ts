import { collection as post_tags } from '../data/post_tags.ts';
import { collection as users } from '../data/users.ts';
import type { Relations } from '../lib/relations.ts';

/** What a row can be shown with: `?include=`. */
export const relations = {
  author: { kind: 'parent', rows: users, from: ['author_id'], to: ['id'], types: ['varchar'] },
  post_tags: {
    kind: 'children',
    rows: post_tags,
    from: ['id'],
    to: ['post_id'],
    types: ['varchar'],
  },
} satisfies Relations;
