import type { H3Event } from 'nitro/h3';
import type { Column, Columns } from './columns.ts';
import { decodeCursor } from './cursor.ts';
import { type Condition, type Report, readCondition } from './filters.ts';
import type { JsonPage } from './json-rows.ts';
import type { Read } from './lane.ts';
import type { Query } from './list-sql.ts';
import { type FieldProblem, invalidFields } from './problem.ts';

/** Rows that can be looked for. */
export interface Rows {
  /** The name of their table. */
  readonly name: string;
  /** Where they are in SQL. */
  readonly from: string;
  readonly columns: Columns;
  readonly key: readonly string[];
  /** The columns that lists are ordered by when nothing else is asked for: never null, different for each row. */
  readonly order: readonly string[];
  /** Runs a SELECT of them. */
  readonly find: <T>(query: Query, read: Read<T>) => Promise<T>;
}

/** The rows of a table, as they are listed. */
export interface Collection extends Rows {
  /** The first ones. */
  readonly first: (limit: number, offset: number) => Promise<JsonPage>;
  /** Those after a position. */
  readonly after: (limit: number, position: readonly unknown[]) => Promise<JsonPage>;
}

export interface SortKey {
  readonly name: string;
  readonly column: Column;
  readonly descending: boolean;
}

/** Which rows of a list are wanted, and what of them. */
export interface ListQuery {
  /** 1 … 100. */
  readonly limit: number;
  readonly offset: number;
  /** What `?sort=` said; a cursor leads on only where the rows come in the same order. */
  readonly sort: string;
  /** The whole order: `sort`, then what is needed to tell all rows apart. */
  readonly order: readonly SortKey[];
  /** Position of the last row that was seen; `offset` is 0 then. */
  readonly after: readonly unknown[] | null;
  readonly conditions: readonly Condition[];
  /** Names of columns; null: all of them. */
  readonly fields: readonly string[] | null;
  readonly include: readonly string[];
  readonly count: boolean;
}

const DEFAULT_LIMIT = 20;
const MAX_CONDITIONS = 20;
const MAX_SORT_KEYS = 5;

/** Names that are no filters; a column of such a name is asked for as `limit[eq]`. */
const SETTINGS: ReadonlySet<string> = new Set([
  'limit',
  'offset',
  'cursor',
  'sort',
  'fields',
  'include',
  'count',
]);
type Settings = ReadonlyMap<string, string>;

/** Reads the query of a list. Throws 400 that names every parameter at fault. */
export function readListQuery(event: H3Event, collection: Rows, relations: object = {}): ListQuery {
  const problems: FieldProblem[] = [];
  const report: Report = (field, message) => problems.push({ field, message });
  const settings = new Map<string, string>();
  const conditions: Condition[] = [];
  for (const [name, value] of readParameters(event, report)) {
    if (SETTINGS.has(name)) settings.set(name, value);
    else conditions.push(...readCondition(name, value, collection.columns, report));
  }
  if (conditions.length > MAX_CONDITIONS) {
    throw invalidFields([
      { field: 'query', message: `must have at most ${MAX_CONDITIONS} filters` },
    ]);
  }
  const sort = settings.get('sort') ?? '';
  const order = readOrder(sort, collection, report);
  const query: ListQuery = {
    limit: readNumber('limit', settings, { min: 1, max: 100, fallback: DEFAULT_LIMIT }, report),
    offset: readNumber('offset', settings, { min: 0, max: 1_000_000, fallback: 0 }, report),
    sort,
    order,
    after: readPosition(settings, order, `${collection.name} ${sort}`, report),
    conditions,
    fields: readFields(settings, collection.columns, report),
    include: readInclude(settings, relations, report),
    count: readFlag('count', settings, report),
  };
  if (problems.length > 0) throw invalidFields(problems);
  return query;
}

/** What may be asked of a single row: its fields, and the rows that belong to it. */
export function readRowQuery(
  event: H3Event,
  columns: Columns,
  relations: object,
): Pick<ListQuery, 'fields' | 'include'> {
  const problems: FieldProblem[] = [];
  const report: Report = (field, message) => problems.push({ field, message });
  const settings = readParameters(event, report);
  for (const name of settings.keys()) {
    if (name !== 'fields' && name !== 'include') report(name, 'is not known here');
  }
  const fields = readFields(settings, columns, report);
  const include = readInclude(settings, relations, report);
  if (problems.length > 0) throw invalidFields(problems);
  return { fields, include };
}

function readParameters({ url }: H3Event, report: Report): Settings {
  const seen = new Map<string, string>();
  const repeated = new Set<string>();
  for (const [name, value] of url.searchParams) {
    if (seen.has(name)) repeated.add(name);
    seen.set(name, value);
  }
  for (const name of repeated) report(name, 'must be given only once');
  return seen;
}

/** `-created_at,title`, then the key in the direction of the last one, so that an index can be read backwards. */
function readOrder(sort: string, collection: Rows, report: Report): SortKey[] {
  const { columns, key, order } = collection;
  const wanted = sort === '' ? [] : [...new Set(sort.split(','))];
  if (wanted.length > MAX_SORT_KEYS) report('sort', `must be at most ${MAX_SORT_KEYS} columns`);
  const keys: SortKey[] = [];
  const add = (name: string, descending: boolean): void => {
    const column = Object.hasOwn(columns, name) ? columns[name] : undefined;
    if (!column) report('sort', `cannot be by ${name}`);
    else if (!keys.some((known) => known.name === name)) keys.push({ name, column, descending });
  };
  for (const item of wanted) {
    const name = item.replace(/^-/, '');
    add(name, item !== name);
    // A key may be JSON or a list: it makes an order, but none to ask for.
    if (keys.some((own) => own.name === name && !own.column.operators.includes('eq'))) {
      report('sort', `cannot be by ${name}`);
    }
  }
  const backwards = keys.at(-1)?.descending ?? false;
  for (const name of sort === '' ? order : key) add(name, backwards);
  return keys;
}

/** The order of lists that ask for no other. */
export function defaultOrder(collection: Rows): SortKey[] {
  return readOrder('', collection, () => {});
}

function readPosition(
  settings: Settings,
  order: readonly SortKey[],
  source: string,
  report: Report,
): unknown[] | null {
  const cursor = settings.get('cursor');
  if (!cursor) return null;
  const position = decodeCursor(source, cursor, order);
  if (!position) report('cursor', 'is not a cursor of this list');
  else if (Number(settings.get('offset') ?? 0) > 0) {
    report('cursor', 'cannot be combined with offset');
  }
  return position;
}

function readFields(settings: Settings, columns: Columns, report: Report): string[] | null {
  const given = settings.get('fields');
  if (given === undefined) return null;
  const names = new Set(given.split(','));
  for (const name of names) {
    if (!Object.hasOwn(columns, name)) report('fields', `cannot have ${name || 'nothing'}`);
  }
  return [...names];
}

function readInclude(settings: Settings, relations: object, report: Report): string[] {
  const given = settings.get('include');
  if (given === undefined) return [];
  const names = new Set(given.split(','));
  const known = Object.keys(relations);
  for (const name of names) {
    if (!known.includes(name)) {
      const advice = known.length > 0 ? `; possible: ${known.join(', ')}` : '';
      report('include', `cannot have ${name || 'nothing'}${advice}`);
    }
  }
  return [...names];
}

function readFlag(name: string, settings: Settings, report: Report): boolean {
  const given = settings.get(name);
  if (given !== undefined && !/^(?:true|false)$/.test(given)) report(name, 'must be true or false');
  return given === 'true';
}

function readNumber(
  name: string,
  settings: Settings,
  { min, max, fallback }: { min: number; max: number; fallback: number },
  report: Report,
): number {
  const given = settings.get(name);
  if (given === undefined) return fallback;
  const number = Number(given);
  if (!/^\d{1,10}$/.test(given)) report(name, 'must be a whole number');
  else if (number < min) report(name, `must be at least ${min}`);
  else if (number > max) report(name, `must be at most ${max}`);
  return number;
}
