import { accountsOf } from '../../domain/access.ts';
import { parseColumnType } from '../../domain/column-type.ts';
import { APP_SCHEMA } from '../../domain/database.ts';
import { identifier } from '../../domain/identifier.ts';
import { inputFields } from '../../domain/rest.ts';
import { insertionOrder, parentLinks, sampleInput } from '../../domain/sample.ts';
import { SAMPLE_TIME, sampleValue } from '../../domain/sample-values.ts';
import { type Column, primaryKey, type Schema, type Table } from '../../domain/schema.ts';
import type { SqlSession } from '../../ports/sql.ts';

type Row = Readonly<Record<string, unknown>>;

/** Enough for the planner to prefer an index, few enough to be made in a moment. */
const ROWS = 2000;
const ROWS_OF_ALL = 24_000;
/** Rows of a parent have this many children, where they may have several. */
const CHILDREN = 8;
const MONTH = 30 * 24 * 3600;

/** Makes valid rows in each table, some thousand unless told otherwise, as whoever owns it, and counts them for the planner. */
export async function fillTables(schema: Schema, owner: SqlSession, most = ROWS): Promise<void> {
  const count = Math.min(most, Math.ceil(ROWS_OF_ALL / Math.max(1, schema.tables.length)));
  const made = new Map<string, readonly Row[]>();
  for (const table of insertionOrder(schema)) {
    const family = familyOf(table, schema);
    const rows = Array.from({ length: count }, (_, index) => rowOf(table, schema, index, { ...family, made }));
    made.set(table.name, rows);
    await insert(table, rows, owner);
    await owner.query(`ANALYZE ${nameOf(table)}`);
  }
}

function nameOf({ name }: Pick<Table, 'name'>): string {
  return `${APP_SCHEMA}.${identifier(name)}`;
}

async function insert(table: Table, rows: readonly Row[], owner: SqlSession): Promise<void> {
  const given = Object.keys(rows[0] ?? {}).map((column) => identifier(column));
  if (given.length === 0) return;
  // JSON says every type of ours in one parameter. Of keys with few values only so many rows can be made.
  await owner.query(
    `INSERT INTO ${nameOf(table)} (${given.join(', ')}) OVERRIDING SYSTEM VALUE
     SELECT ${given.join(', ')} FROM json_populate_recordset(NULL::${nameOf(table)}, $1::json)
     ON CONFLICT DO NOTHING`,
    [JSON.stringify(rows)],
  );
}

/** What is the same for all rows of a table. */
interface Family {
  readonly links: ReturnType<typeof parentLinks>;
  /** Columns that are part of a key: each value is there once, perhaps. */
  readonly single: ReadonlySet<string>;
  readonly owned: Column | undefined;
  readonly accounts: ReturnType<typeof accountsOf>;
}

function familyOf(table: Table, schema: Schema): Family {
  return {
    links: parentLinks(table),
    single: new Set([
      ...table.columns.filter((column) => column.unique).map(({ name }) => name),
      ...primaryKey(table).map(({ name }) => name),
      ...table.uniques.flat(),
    ]),
    owned: table.columns.find(({ default: made }) => made && 'generate' in made && made.generate === 'owner'),
    accounts: accountsOf(schema),
  };
}

type Relatives = Family & { readonly made: ReadonlyMap<string, readonly Row[]> };

function rowOf(table: Table, schema: Schema, index: number, relatives: Relatives): Row {
  const keys = Object.fromEntries(
    table.columns.flatMap((column) => {
      const value = madeValue(column, schema, index);
      return value === undefined ? [] : [[column.name, value]];
    }),
  );
  const parents = parentValues(table, index, keys, relatives);
  const input = sampleInput(table, schema, index, parents);
  const fields = inputFields(table).flatMap(({ name, column }) =>
    Object.hasOwn(input, name) ? [[column.name, asText(column, input[name])]] : [],
  );
  return { ...keys, ...Object.fromEntries(fields), ...parents };
}

/** What the backend or the database would fill in; undefined when somebody else does. */
function madeValue(column: Column, schema: Schema, index: number): unknown {
  const maker = column.default && 'generate' in column.default ? column.default.generate : null;
  const type = parseColumnType(column.type);
  switch (maker) {
    case 'id':
      return index.toString(36).padStart(Math.min(type?.args[0] ?? 21, 21), '0');
    case 'uuid':
      return sampleValue(column, schema, index);
    case 'identity':
      return index + 1;
    case 'created':
    case 'updated': {
      const seconds = SAMPLE_TIME + MONTH + index * 60;
      if (type?.kind === 'timestamp') return new Date(seconds * 1000).toISOString();
      return type?.kind === 'date' ? new Date(seconds * 1000).toISOString().slice(0, 10) : seconds;
    }
    default:
      return undefined;
  }
}

/** Values of the columns that refer to other rows. A parent has several children, unless it can have only one. */
function parentValues(table: Table, index: number, own: Row, relatives: Relatives): Row {
  const { links, single, owned, accounts, made } = relatives;
  const values: Record<string, unknown> = {};
  for (const link of links) {
    const isSelf = link.table === table.name;
    if (isSelf && link.optional) continue;
    const at = link.columns.some((name) => single.has(name)) ? index : Math.floor(index / CHILDREN);
    const parent = isSelf ? own : made.get(link.table)?.[at];
    if (!parent) continue;
    for (const [position, column] of link.columns.entries()) {
      values[column] = parent[link.parentColumns[position] ?? ''] ?? null;
    }
  }
  const account = accounts && made.get(accounts.table.name)?.[Math.floor(index / CHILDREN)];
  if (owned && account && accounts) values[owned.name] ??= account[accounts.key.name];
  return values;
}

function asText(column: Column, value: unknown): unknown {
  if (parseColumnType(column.type)?.kind !== 'bytes' || value === null) return value;
  const hex = (text: unknown) => `\\x${Buffer.from(String(text), 'base64').toString('hex')}`;
  return Array.isArray(value) ? value.map(hex) : hex(value);
}
