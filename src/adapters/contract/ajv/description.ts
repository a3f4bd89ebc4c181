/** Reading an OpenAPI document that may hold anything. */

export type Json = Readonly<Record<string, unknown>>;

export function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A member of an object, if it is one itself; an empty object otherwise. */
export function child(value: unknown, name: string): Json {
  const found = isJson(value) && Object.hasOwn(value, name) ? value[name] : undefined;
  return isJson(found) ? found : {};
}

/** Where something stands in the document, as a JSON pointer in a fragment. */
export function pointer(...names: readonly string[]): string {
  return names.map((name) => `/${encodeURIComponent(name.replaceAll('~', '~0').replaceAll('/', '~1'))}`).join('');
}

export interface Place {
  readonly value: Json;
  /** The names that lead to it. */
  readonly names: readonly string[];
}

/** Follows references into the components of the document. */
export function placeAt(document: Json, names: readonly string[], depth = 0): Place | null {
  let value: unknown = document;
  for (const name of names) {
    if (!isJson(value) || !Object.hasOwn(value, name)) return null;
    value = value[name];
  }
  if (!isJson(value)) return null;
  const { $ref: target } = value;
  if (typeof target !== 'string' || !target.startsWith('#/') || depth > 10) return { value, names };
  const parts = target.slice(2).split('/');
  const decoded = parts.map((part) => decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~'));
  return placeAt(document, decoded, depth + 1);
}

/** The path of the document that an address belongs to: `/posts/{id}` for `/posts/7`. Fixed parts come first; a slash at the end says nothing. */
export function findPath(document: Json, pathname: string): string | null {
  const asked = pathname.replace(/\/+$/, '').split('/');
  const paths = Object.keys(child(document, 'paths'));
  const isVariable = (part: string) => part.startsWith('{') && part.endsWith('}');
  const found = paths.filter((path) => {
    const parts = path.split('/');
    if (parts.length !== asked.length) return false;
    return parts.every((part, at) => part === asked[at] || (isVariable(part) && asked[at] !== ''));
  });
  const rank = (path: string) =>
    path
      .split('/')
      .map((part) => (isVariable(part) ? '1' : '0'))
      .join('');
  return found.sort((one, other) => (rank(one) < rank(other) ? -1 : 1))[0] ?? null;
}
