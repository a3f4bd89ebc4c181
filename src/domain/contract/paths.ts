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

/** `id`, `articleId`, `article_id` of articles. */
export function isKeyOf(param: string, { singular }: { readonly singular: string }): boolean {
  const plain = columnName(param);
  return (
    plain === 'id' ||
    plain === `${singular}_id` ||
    (plain.endsWith('_id') && singular.endsWith(`_${plain.slice(0, -3)}`))
  );
}
