import type { Json } from './api-document.ts';
import { planContract } from './contract.ts';
import type { KeyPlace } from './contract-plan.ts';
import { EMPTY_SCHEMA, type Schema } from './schema.ts';

/** What keys are made of where operations are tried, and how requests carry them. */
export interface TrialKeys {
  /** Keeps their hashes. */
  readonly table: string;
  /** All that a key may be good for. */
  readonly scopes: readonly string[];
  /** Operations that look at a key, each with the first place where it may stand. */
  readonly operations: readonly { readonly method: string; readonly path: string; readonly place: KeyPlace }[];
}

/** The keys of a document in which nobody signs up; null where there are none. */
export function trialKeys(document: Json, schema: Schema | null): TrialKeys | null {
  const { keys, operations } = planContract(document, schema ?? EMPTY_SCHEMA);
  if (!keys) return null;
  return {
    table: keys.table,
    scopes: keys.scopes,
    operations: operations.flatMap(({ method, path, opens }) => {
      const [place] = Object.keys(opens).flatMap((scheme) => keys.places[scheme] ?? []);
      return place ? [{ method: method.toUpperCase(), path, place }] : [];
    }),
  };
}

/** Where a request carries its key; null where none is looked at. `path` may have a query. */
export function keyPlaceFor({ operations }: TrialKeys, method: string, path: string): KeyPlace | null {
  const asked = (path.split('?', 1)[0] ?? '').split('/');
  const isAt = (own: readonly string[]) =>
    own.length === asked.length && own.every((part, at) => part.startsWith('{') || part === asked[at]);
  const found = operations.filter((one) => one.method === method && isAt(one.path.split('/')));
  // `/books/search` is not a book.
  const plainest = found.sort((one, other) => one.path.split('{').length - other.path.split('{').length);
  return plainest[0]?.place ?? null;
}

/** The tables that whoever writes operations may know of: keys are not theirs to make, nor to read. */
export function withoutKeys(schema: Schema, keys: TrialKeys | null): Schema {
  return keys ? { ...schema, tables: schema.tables.filter(({ name }) => name !== keys.table) } : schema;
}
