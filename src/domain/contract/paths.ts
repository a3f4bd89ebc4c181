import { columnName } from './names.ts';

/** Paths of a contract, and the parameters in them. */

/** `{slug}` */
export function isVariable(segment: string | undefined): boolean {
  return segment !== undefined && /^\{[^{}]+\}$/.test(segment);
}

/** `/articles` of `/articles/{slug}`. */
export function parentOf(path: string): string {
  const segments = path.split('/');
  return isVariable(segments.at(-1)) ? segments.slice(0, -1).join('/') : path;
}

const SHORTEST_STEM = 3;

/** `id`, `articleId`, `article_id` of articles. */
export function isKeyOf(param: string, { singular }: { readonly singular: string }): boolean {
  const plain = columnName(param);
  if (plain === 'id' || plain === `${singular}_id`) return true;
  if (!plain.endsWith('_id')) return false;
  const stem = plain.slice(0, -3);
  // `org_id` of organizations.
  return singular.endsWith(`_${stem}`) || (stem.length >= SHORTEST_STEM && singular.startsWith(stem));
}
