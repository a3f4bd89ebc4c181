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

/** Makes a page of rows that were asked for with one more than `limit`. */
export function toPage(
  rows: readonly Row[],
  { limit, order, sort }: Pick<ListQuery, 'limit' | 'order' | 'sort'>,
  { name }: Rows,
): Page {
  const data = rows.slice(0, limit);
  const last = data.at(-1);
  const more = rows.length > limit && last !== undefined;
  return { data, nextCursor: more ? encodeCursor(`${name} ${sort}`, order, last) : null };
}

/** Of a row only what was asked for, in that order. */
export function pick(row: Row, names: readonly string[]): Row {
  return Object.fromEntries(names.map((name) => [name, row[name]]));
}
