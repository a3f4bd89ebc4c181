import { MORE } from './budget.ts';
import { encodeCursor } from './cursor.ts';
import type { ListQuery, Rows } from './list-query.ts';

/** A row, as it is answered. */
export type Row = Readonly<Record<string, unknown>>;

/** A part of a list. */
export interface Page {
  readonly data: readonly Row[];
  /** For the next request; null at the end. */
  readonly nextCursor: string | null;
  /** How many rows there are in all; only when asked for. */
  readonly total?: number;
}

/** Makes a page of rows that were asked for with one more than `limit`, or cut before that. */
export function toPage(
  rows: readonly Row[],
  query: Pick<ListQuery, 'limit' | 'order' | 'sort'>,
  collection: Rows,
): Page {
  const isCut = rows.at(-1) === MORE;
  const data = rows.slice(0, isCut ? -1 : query.limit);
  const last = data.at(-1);
  const more = (isCut || rows.length > query.limit) && last !== undefined;
  return { data, nextCursor: more ? cursorAfter(last, query, collection) : null };
}

/** Where the rows behind one begin. */
export function cursorAfter(
  row: Row,
  { order, sort }: Pick<ListQuery, 'order' | 'sort'>,
  { name }: Rows,
): string {
  return encodeCursor(`${name} ${sort}`, order, row);
}

/** Of a row only what was asked for, in that order. */
export function pick(row: Row, names: readonly string[]): Row {
  return Object.fromEntries(names.map((name) => [name, row[name]]));
}
