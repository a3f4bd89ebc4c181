import { parseColumnType } from '../../../domain/column-type.ts';
import type { Origin } from '../../../domain/explanation.ts';
import { MAX_IDENTIFIER_LENGTH } from '../../../domain/identifier.ts';
import { primaryKey, type Schema, type SchemaInput, tableSchema } from '../../../domain/schema.ts';
import { tellingText } from '../../../domain/telling-text.ts';
import type { Draft, Link, Model, OriginalColumn } from './draft.ts';
import type { ColumnDraft, ColumnKind } from './notation.ts';
import { type Origins, partKey } from './part-origins.ts';
import { keys, type Tell } from './render-keys.ts';
import { plural, singular } from './words.ts';

type TableInput = SchemaInput['tables'][number];
type ColumnInput = TableInput['columns'][number];

const SQL_TYPES: Readonly<Record<ColumnKind, string>> = {
  text: 'text',
  long: 'text',
  integer: 'integer',
  bigint: 'bigint',
  number: 'numeric',
  money: 'bigint',
  boolean: 'boolean',
  date: 'date',
  moment: 'bigint',
  clock: 'time',
  json: 'jsonb',
  enum: 'text',
};

const LONGEST_TEXT = { text: 500, long: 50_000 } as const;
/** Of a name in a description. */
const LONGEST_WORDS = 200;
const MAX_COLUMNS = 80;
const MADE_COLUMNS = ['id', 'created_at', 'updated_at'];

interface Names {
  readonly tables: ReadonlyMap<Draft, string>;
  readonly enums: { name: string; values: string[] }[];
  readonly origins: Origins;
}

/** The drafts as a schema, what each is called there, and where its parts come from. */
export interface Rendered {
  readonly schema: SchemaInput;
  readonly names: ReadonlyMap<Draft, string>;
  readonly origins: Origins;
}

/** The drafts as a schema with keys, indexes, delete actions, times of change and descriptions; a base keeps what it has. */
export function render(model: Model, base?: Schema): Rendered {
  const enums = (base?.enums ?? []).map(({ name, values }) => ({ name, values: [...values] }));
  const names: Names = { tables: tableNames(model), enums, origins: new Map() };
  const tables = model.drafts.map((one) => renderTable(one, names));
  const accounts = base?.accounts ? { ...base.accounts, admins: [...base.accounts.admins] } : null;
  return { schema: { version: 1, tables, enums: names.enums, accounts }, names: names.tables, origins: names.origins };
}

function tableNames(model: Model): ReadonlyMap<Draft, string> {
  const names = new Map<Draft, string>();
  for (const one of model.drafts) if (one.given) names.set(one, one.given.name);
  const taken = new Set(names.values());
  for (const one of model.drafts) {
    if (one.given) continue;
    let name = safeName(plural(one.name), '_entries');
    if (parseColumnType(name) !== null) name = `${name}_entries`;
    while (taken.has(name)) name = `${name.slice(0, MAX_IDENTIFIER_LENGTH - 2)}_2`;
    taken.add(name);
    names.set(one, name);
  }
  return names;
}

/** A usable identifier as near as possible to a name. */
function safeName(name: string, ending: string): string {
  const clean = name
    .replace(/[^a-z0-9_]/g, '')
    .replace(/^[^a-z]+/, '')
    .replace(/^pg_/, '')
    .slice(0, MAX_IDENTIFIER_LENGTH)
    .replace(/_+$/, '');
  if (clean === '') return `value${ending}`;
  return SYSTEM.has(clean) ? `${clean}${ending}` : clean;
}

const SYSTEM = new Set(['tableoid', 'xmin', 'cmin', 'xmax', 'cmax', 'ctid']);

function renderTable(one: Draft, names: Names): TableInput {
  const name = names.tables.get(one) ?? plural(one.name);
  const given = one.given && tableSchema.parse(one.given);
  const isKey = one.join && one.links.length === 2;
  const { ahead, behind } = given ? splitTimes(given.columns) : madeColumns(isKey);
  const columns: ColumnInput[] = [...ahead];
  const renamed = new Map<string, string>();
  const taken = new Set([...MADE_COLUMNS, ...columns.map((column) => column.name)]);
  const tell: Tell = (kind, parts, origin) => {
    names.origins.set(partKey(kind, name, parts), origin);
  };
  const push = (wish: string, origin: Origin, make: (column: string) => ColumnInput) => {
    const column = safeName(wish, '_value');
    renamed.set(wish, column);
    if (taken.has(column) || columns.length >= MAX_COLUMNS) return null;
    taken.add(column);
    const made = make(column);
    columns.push(made);
    for (const kind of ['column', ...(made.references ? ['relation' as const] : [])] as const)
      tell(kind, [column], origin);
    if (made.unique) tell('unique', [column], origin);
    return column;
  };
  for (const link of one.links)
    push(`${link.role}_id`, link.origin, (column) => linkColumn(column, link, isKey, names));
  for (const column of one.columns) {
    const wish =
      column.kind === 'money' && column.sqlType === undefined && !/_(cents|minor)$/.test(column.name)
        ? `${column.name.replace(/_cent$/, '')}_cents`
        : column.name;
    renamed.set(column.name, safeName(wish, '_value'));
    if (taken.has('password_hash') && column.name === 'password') continue;
    const made = push(wish, column.origin, (final) => renderColumn(final, column, one, names));
    if (made !== null && (column.min ?? column.max) !== undefined) tell('check', [made], column.origin);
  }
  columns.push(...behind);
  tell('table', [], one.origin);
  const about = given ? { ...given, name } : { name, description: describe(one, names) };
  return { ...about, columns, ...keys(one, columns, renamed, tell, given) };
}

/** The columns every table has, around those of its own. */
function madeColumns(isKey: boolean): Split {
  const id = { ...generated('id', 'varchar', 'id', 'Nano id.'), primaryKey: true };
  const created = generated('created_at', 'bigint', 'created', 'Unix seconds at which the row was made.');
  const updated = generated('updated_at', 'bigint', 'updated', 'Unix seconds of the last change.');
  return isKey ? { ahead: [], behind: [created] } : { ahead: [id], behind: [created, updated] };
}

interface Split {
  readonly ahead: readonly ColumnInput[];
  readonly behind: readonly ColumnInput[];
}

/** New columns stand before the times of a table that is there. */
function splitTimes(columns: readonly ColumnInput[]): Split {
  const times = columns.findIndex(
    ({ default: made }) => made && 'generate' in made && ['created', 'updated'].includes(made.generate),
  );
  return times === -1
    ? { ahead: columns, behind: [] }
    : { ahead: columns.slice(0, times), behind: columns.slice(times) };
}

function describe(one: Draft, names: Names): string {
  if (one.join)
    return `Which ${one.links.map(({ parent }) => names.tables.get(parent)).join(' and ')} belong together.`;
  // A person by another word (`Driver`) is not what the lexicon tells about users.
  const about = one.closed && one.entity?.person && one.name !== one.entity.name ? undefined : one.entity?.about;
  return about ?? `One ${one.name.replaceAll('_', ' ').slice(0, LONGEST_WORDS)} of the request.`;
}

function generated(
  name: string,
  type: string,
  generate: 'id' | 'created' | 'updated',
  description: string,
): ColumnInput {
  return { name, type, description, default: { generate } };
}

function linkColumn(name: string, link: Link, isKey: boolean, names: Names): ColumnInput {
  const table = names.tables.get(link.parent) ?? '';
  const key = link.parent.given ? primaryKey(link.parent.given)[0] : undefined;
  const onDelete = link.nullable ? 'set-null' : link.part ? 'cascade' : 'restrict';
  const role = link.role.replaceAll('_', ' ').slice(0, LONGEST_WORDS);
  const parent = link.parent.name.replaceAll('_', ' ').slice(0, LONGEST_WORDS);
  return {
    name,
    type: key?.type ?? 'varchar',
    description: role === parent ? `The ${parent} it belongs to.` : `The ${parent} that is its ${role}.`,
    nullable: link.nullable,
    unique: link.unique,
    primaryKey: isKey,
    references: { table, column: key?.name ?? 'id', onDelete },
  };
}

function renderColumn(name: string, column: OriginalColumn, one: Draft, names: Names): ColumnInput {
  const values =
    column.kind === 'enum'
      ? [...new Set(column.values ?? [])].filter((value) => value !== '' && value.length <= 60)
      : [];
  const type =
    column.sqlType ??
    (values.length > 0 ? enumName(one, { name, values, origin: column.valuesFrom }, names) : SQL_TYPES[column.kind]);
  const isText = /^(text|varchar(\(\d+\))?)$/.test(type);
  const isNumber = /^(integer|bigint|smallint|numeric)/.test(type) && !type.endsWith('[]');
  const check: { min?: number; max?: number; minLength?: number; maxLength?: number } = {};
  if (isNumber && column.min !== undefined) check.min = column.min;
  if (isNumber && column.max !== undefined && column.max >= (column.min ?? column.max)) check.max = column.max;
  if (type === 'text') check.maxLength = LONGEST_TEXT[column.kind === 'long' ? 'long' : 'text'];
  if (isText && !column.nullable) check.minLength = 1;
  const value = usableDefault(column, values, check);
  return {
    name,
    type,
    description: describeColumn(column),
    nullable: column.nullable,
    unique: column.unique && !/^jsonb?$/.test(type),
    check: Object.keys(check).length > 0 ? check : null,
    default: value === undefined ? null : { value },
    sensitive: column.sensitive ?? false,
  };
}

function usableDefault(column: ColumnDraft, values: readonly string[], check: { min?: number; max?: number }) {
  const value = column.default;
  if (value === undefined || column.sqlType !== undefined) return undefined;
  if (values.length > 0) return typeof value === 'string' && values.includes(value) ? value : undefined;
  if (column.kind === 'boolean') return typeof value === 'boolean' ? value : undefined;
  if (typeof value !== 'number') return undefined;
  return value >= (check.min ?? value) && value <= (check.max ?? value) ? value : undefined;
}

function describeColumn(column: ColumnDraft): string {
  const words = column.name.replaceAll('_', ' ').slice(0, LONGEST_WORDS);
  const text = `${words.slice(0, 1).toUpperCase()}${words.slice(1)}`;
  const unit: Partial<Record<ColumnKind, string>> = {
    money: ', in minor units of the currency',
    moment: ', in unix seconds',
  };
  return tellingText(column.name, `${text}${column.sqlType === undefined ? (unit[column.kind] ?? '') : ''}.`);
}

function enumName(
  one: Draft,
  { name: column, values, origin }: { name: string; values: readonly string[]; origin: Origin },
  names: Names,
): string {
  const taken = new Set([...names.tables.values(), ...names.enums.map(({ name }) => name)]);
  let name = safeName(`${singular(one.name)}_${column}`, '_kind');
  while (taken.has(name) || parseColumnType(name) !== null) name = `${name.slice(0, MAX_IDENTIFIER_LENGTH - 5)}_kind`;
  names.enums.push({ name, values: [...values] });
  names.origins.set(partKey('enum', name, []), origin);
  return name;
}
