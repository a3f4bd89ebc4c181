import { collection as posts } from '../data/posts.ts';
import { collection as tags } from '../data/tags.ts';
import type { Relations } from '../lib/relations.ts';

/** What a row can be shown with: `?include=`. */
export const relations = {
  post: { kind: 'parent', rows: posts, from: ['post_id'], to: ['id'], types: ['varchar'] },
  tag: { kind: 'parent', rows: tags, from: ['tag_id'], to: ['id'], types: ['varchar'] },
} satisfies Relations;
