import { nearNames } from './near-names.ts';
import type { Schema, Table } from './schema.ts';

/** What PostgreSQL said of a query that it does not take. */
export interface QueryFault {
  /** SQLSTATE. */
  readonly state: string;
  readonly message: string;
  /** What it says besides, empty without. */
  readonly detail: string;
}

/** What is done about a fault, most of them by whoever writes queries for a living without being told. */
type Hint = (fault: QueryFault, sql: string, schema: Schema) => string | null;

const quotedIn = (message: string) => [...message.matchAll(/"([^"]+)"/g)].map(([, name = '']) => name);

const HINTS: Readonly<Record<string, Hint>> = {
  '42P08': ({ message, detail }) => {
    const type = shortType(widerOf(detail.split(' versus ').map((part) => part.trim())));
    const [param = '$1'] = /\$\d+/.exec(message) ?? [];
    return `${param} is used with two types: write ${param}::${type} at each of its places`;
  },
  '42P18': ({ message }) => {
    const [param = '$1'] = /\$\d+/.exec(message) ?? [];
    return `nothing says what ${param} is: write its type, as in ${param}::text or ${param}::bigint`;
  },
  '42883': ({ message }) => {
    if (!message.startsWith('operator')) return 'no function of that name takes these types: write their types with ::';
    const [, left = '', right = ''] = /: (.+?) \S+ (.+)$/.exec(message) ?? [];
    if (left.endsWith('[]') !== right.endsWith('[]')) return 'a value is compared with a list: write value = any(list)';
    return `the two sides have other types: give one of them the type of the other, as in …::${shortType(left)}`;
  },
  '42703': ({ message }, sql, schema) => {
    const [said = ''] = quotedIn(message);
    const [, dotted = said] = /column (\S+) does not exist/.exec(message) ?? [];
    const wanted = dotted.replaceAll('"', '').split('.').at(-1) ?? '';
    return columnHint(wanted, tablesIn(sql, schema));
  },
  '42P01': ({ message }, _sql, schema) => {
    const [name = ''] = quotedIn(message);
    if (message.startsWith('missing FROM'))
      return `${name} stands in no from or join: name it there, or use the alias it has`;
    if (message.startsWith('invalid reference'))
      return `${name} has another name here: use its alias, and put it before the join that refers to it`;
    return tableHint(name.split('.').at(-1) ?? '', schema);
  },
  '42601': ({ message }) =>
    /^INSERT has|lists? must/.test(message) ? 'write as many values as columns, in the same order' : null,
  '42702': ({ message }) =>
    `${quotedIn(message)[0]} is in several of the tables: write it with the table, as in posts.id`,
  '42803': () => 'write the column into group by as well, or put it into min(), max() or count()',
  '42804': ({ message }) => {
    const [, type] = /is of type (.+?) but/.exec(message) ?? [];
    return type ? `write the expression with ::${shortType(type)}` : 'give both sides the same type with ::';
  },
  '42P10': (_fault, sql, schema) => conflictHint(tablesIn(sql, schema)),
  '22P02': ({ message }, _sql, schema) => {
    const [, name] = /^invalid input value for enum (?:\w+\.)?"?(\w+)"?/.exec(message) ?? [];
    const values = schema.enums.find((type) => type.name === name)?.values;
    return values ? `${name} has the values ${values.join(', ')}` : null;
  },
};

/** What would mend it, a sentence without its point; null when nothing is known. Nothing of hidden columns is told. */
export function queryHint(fault: QueryFault, sql: string, schema: Schema): string | null {
  const hint = Object.hasOwn(HINTS, fault.state) ? HINTS[fault.state] : undefined;
  return hint?.(fault, sql, schema) ?? null;
}

/** The table that was meant, or all there are. */
export function tableHint(wanted: string, { tables }: Schema): string | null {
  const names = tables.map(({ name }) => name);
  if (names.length === 0) return null;
  const near = nearNames(wanted, names);
  return near.length > 0 ? `perhaps it is ${near.join(' or ')}` : `there are ${names.slice(0, 30).join(', ')}`;
}

function columnHint(wanted: string, tables: readonly Table[]): string | null {
  const known = tables.flatMap(({ name, columns }) =>
    columns.filter(({ sensitive }) => !sensitive).map((column) => ({ table: name, name: column.name })),
  );
  const near = nearNames(
    wanted,
    known.map(({ name }) => name),
  );
  const meant = near.flatMap((own) => known.filter(({ name }) => name === own));
  if (meant.length > 0) return `perhaps it is ${meant.map(({ table, name }) => `${table}.${name}`).join(' or ')}`;
  const each = tables.map(({ name }) => {
    const own = known.filter(({ table }) => table === name);
    return `${name} has ${own.map((column) => column.name).join(', ')}`;
  });
  return each.length > 0 ? each.slice(0, 4).join('; ') : null;
}

function conflictHint(tables: readonly Table[]): string | null {
  const each = tables.flatMap(({ name, columns, uniques }) => {
    const keys = columns.filter(({ primaryKey }) => primaryKey).map((column) => column.name);
    const single = columns.filter(({ unique }) => unique).map((column) => [column.name]);
    const all = [...(keys.length > 0 ? [keys] : []), ...single, ...uniques];
    return all.length > 0 ? [`${name}: ${all.map((own) => `(${own.join(', ')})`).join(' ')}`] : [];
  });
  return each.length > 0 ? `on conflict names what is unique, which is ${each.join('; ')}` : null;
}

function tablesIn(sql: string, { tables }: Schema): readonly Table[] {
  const words = new Set(sql.toLowerCase().split(/[^a-z0-9_]+/));
  return tables.filter(({ name }) => words.has(name));
}

/** The one that holds all values of the other, where one does. */
const WIDE = ['character varying', 'numeric', 'double precision', 'bigint', 'timestamp with time zone', 'uuid'];

function widerOf(types: readonly string[]): string {
  return WIDE.find((type) => types.includes(type)) ?? types.at(-1) ?? 'text';
}

const SHORT: Readonly<Record<string, string>> = {
  'character varying': 'varchar',
  'timestamp with time zone': 'timestamptz',
  '': 'text',
  unknown: 'text',
};

function shortType(type: string): string {
  return SHORT[type] ?? type;
}
