import { collection as posts } from '../data/posts.ts';
import type { Relations } from '../lib/relations.ts';

/** What a row can be shown with: `?include=`. */
export const relations = {
  posts: { kind: 'children', rows: posts, from: ['id'], to: ['author_id'], types: ['varchar'] },
} satisfies Relations;
