import { defaultOrder, type Rows } from './list-query.ts';
import type { Query } from './list-sql.ts';
import { type Page, type Row, toPage } from './pages.ts';

/** Rows of another table that belong to a row: the one it refers to, or those that refer to it. */
export interface Relation {
  readonly kind: 'parent' | 'children';
  readonly rows: Rows;
  /** Columns of the row, … */
  readonly from: readonly string[];
  /** … those of the other table that hold the same values, … */
  readonly to: readonly string[];
  /** … and their types in SQL. */
  readonly types: readonly string[];
}

/** By the name they have in `?include=` and in the answer. */
export type Relations = Readonly<Record<string, Relation>>;

/** Children that are shown with a row; the rest is to be had with the cursor. */
const CHILDREN_LIMIT = 20;

/** The rows together with those that belong to them: one statement for each relation, however many rows there are. */
export async function embed(
  rows: readonly Row[],
  include: readonly string[],
  relations: Relations,
): Promise<readonly Row[]> {
  const loading = include.map(async (name) => {
    const relation = relations[name];
    return { name, values: relation ? await load(rows, relation) : [] };
  });
  const loaded = await Promise.all(loading);
  return rows.map((row, index) => {
    const more = loaded.map(({ name, values }) => [name, values[index]]);
    return { ...row, ...Object.fromEntries(more) };
  });
}

/** For each row its parent or null, or the first page of its children. */
async function load(rows: readonly Row[], relation: Relation): Promise<(Row | Page | null)[]> {
  const numbers = new Map<string, number>();
  const keys: unknown[][] = [];
  const places = rows.map((row) => {
    const key = relation.from.map((name) => row[name] ?? null);
    if (key.includes(null)) return 0;
    const text = JSON.stringify(key);
    const number = numbers.get(text) ?? keys.push(key);
    numbers.set(text, number);
    return number;
  });
  const { kind, rows: others } = relation;
  const found = keys.length > 0 ? await others.find<Found>(embedQuery(relation, keys)) : [];
  const groups = new Map<number, Row[]>();
  for (const { _number, ...row } of found) {
    const group = groups.get(_number);
    if (group) group.push(row);
    else groups.set(_number, [row]);
  }
  const query = { limit: CHILDREN_LIMIT, sort: '', order: defaultOrder(others) };
  return places.map((number) => {
    const group = groups.get(number) ?? [];
    return kind === 'parent' ? (group[0] ?? null) : toPage(group, query, others);
  });
}

/** A row, and the number of the key it belongs to. No column of ours begins with a line. */
type Found = Row & { readonly _number: number };

function embedQuery({ kind, rows, to, types }: Relation, keys: readonly unknown[][]): Query {
  const columns = Object.values(rows.columns).map(({ sql }) => sql);
  const order = defaultOrder(rows).map(({ column }) => column.sql);
  const places = types.map((type, index) => `$${index + 1}::${type}[]`);
  const names = types.map((_, index) => `_${index + 1}`);
  const same = to.map((name, index) => `${rows.columns[name]?.sql} = _${index + 1}`);
  const few =
    kind === 'children' ? `\n  order by ${order.join(', ')} limit ${CHILDREN_LIMIT + 1}` : '';
  const text = `select _number, ${columns.join(', ')}
from unnest(${places.join(', ')}) with ordinality as _keys (${names.join(', ')}, _number)
cross join lateral (
  select ${columns.join(', ')} from ${rows.from} where ${same.join(' and ')}${few}
) as _rows
order by ${['_number', ...order].join(', ')}`;
  const values = to.map((name, index) =>
    keys.map((key) => rows.columns[name]?.parameter(key[index])),
  );
  return { text, values };
}
