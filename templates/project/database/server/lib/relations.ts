import { MAX_PAGE_LENGTH, MORE } from './budget.ts';
import { someRows } from './lane.ts';
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

/**
 * The rows together with those that belong to them: one statement for each relation, however many rows there are. Fewer
 * rows than were given, but always the first, when all of it is too much for one page.
 */
export async function embed(
  rows: readonly Row[],
  include: readonly string[],
  relations: Relations,
): Promise<readonly Row[]> {
  const loading = include.map(async (name) => {
    const relation = relations[name];
    return { name, ...(relation ? await load(rows, relation) : { values: [], end: rows.length }) };
  });
  const loaded = await Promise.all(loading);
  const end = Math.min(...loaded.map((part) => part.end));
  const whole = rows.slice(0, end).map((row, index) => {
    const more = loaded.map(({ name, values }) => [name, values[index]]);
    return { ...row, ...Object.fromEntries(more) };
  });
  return include.length > 0 ? cutPage(whole) : whole;
}

/** The first rows, as far as they are not too long; a row that several refer to is written several times. */
function cutPage(rows: readonly Row[]): readonly Row[] {
  let length = 0;
  const end = rows.findIndex((row, index) => {
    length += JSON.stringify(row).length;
    return index > 0 && length > MAX_PAGE_LENGTH;
  });
  return end < 0 ? rows : rows.slice(0, end);
}

interface Loaded {
  /** For each row its parent or null, or the first page of its children. */
  readonly values: readonly (Row | Page | null)[];
  /** So many of the rows have all that belongs to them. */
  readonly end: number;
}

async function load(rows: readonly Row[], relation: Relation): Promise<Loaded> {
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
  const { groups, last } = await loadGroups(relation, keys);
  const query = { limit: CHILDREN_LIMIT, sort: '', order: defaultOrder(others) };
  const values = places.map((number) => {
    const group = groups.get(number) ?? [];
    if (kind === 'parent') return group[0] ?? null;
    return toPage(number === last ? [...group, MORE] : group, query, others);
  });
  // The last parent is there, the last children may not be all.
  const first = kind === 'parent' ? last + 1 : last;
  const end = places.findIndex((number) => number >= first);
  return { values, end: end < 0 ? rows.length : Math.max(1, end) };
}

/** The rows that belong to each key, by its number, up to the key at which they were cut. */
async function loadGroups(relation: Relation, keys: readonly unknown[][]) {
  const groups = new Map<number, Row[]>();
  if (keys.length === 0) return { groups, last: Number.POSITIVE_INFINITY };
  const found = await relation.rows.find(embedQuery(relation, keys), someRows<Found>);
  const isDropped = found.at(-1) === MORE;
  const kept = isDropped ? found.slice(0, -1) : found;
  for (const { _number, _end, ...row } of kept) {
    const group = groups.get(_number);
    if (group) group.push(row);
    else groups.set(_number, [row]);
  }
  const last = kept.at(-1);
  const isCut = isDropped || (last?._end ?? 0) >= MAX_PAGE_LENGTH;
  return { groups, last: isCut && last ? last._number : Number.POSITIVE_INFINITY };
}

/** A row, the number of the key it belongs to, and the size of all rows up to it. No column begins with a line. */
type Found = Row & { readonly _number: number; readonly _end?: number };

function embedQuery({ kind, rows, to, types }: Relation, keys: readonly unknown[][]): Query {
  const columns = Object.values(rows.columns).map(({ sql }) => sql);
  const order = defaultOrder(rows).map(({ column }) => column.sql);
  const places = types.map((type, index) => `$${index + 1}::${type}[]`);
  const names = types.map((_, index) => `_${index + 1}`);
  const same = to.map((name, index) => `${rows.columns[name]?.sql} = _${index + 1}`);
  const few =
    kind === 'children' ? `\n  order by ${order.join(', ')} limit ${CHILDREN_LIMIT + 1}` : '';
  const all = `select _number, ${columns.join(', ')}
from unnest(${places.join(', ')}) with ordinality as _keys (${names.join(', ')}, _number)
cross join lateral (
  select ${columns.join(', ')} from ${rows.from} where ${same.join(' and ')}${few}
) as _rows`;
  const values = to.map((name, index) =>
    keys.map((key) => rows.columns[name]?.parameter(key[index])),
  );
  return { text: cutSql(all, rows, ['_number', ...order].join(', ')), values };
}

/** Large rows are not even read beyond what a page may have. */
function cutSql(all: string, { columns }: Rows, order: string): string {
  const sizes = Object.values(columns).flatMap(({ size }) => (size ? `coalesce(${size}, 0)` : []));
  if (sizes.length === 0) return `${all}\norder by ${order}`;
  const names = Object.values(columns).map(({ sql }) => sql);
  return `select _number, ${names.join(', ')}, _end
from (
  select *, sum(_size) over (order by ${order} rows unbounded preceding) as _end
  from (select *, ${sizes.join(' + ')} as _size from (${all}) as _all) as _sized
) as _measured
where _end - _size < ${MAX_PAGE_LENGTH}
order by ${order}`;
}
