import { parseColumnType } from '../../../domain/column-type.ts';
import { MAX_IDENTIFIER_LENGTH } from '../../../domain/identifier.ts';
import type { SchemaInput } from '../../../domain/schema.ts';
import { isReservedWord } from '../../../domain/sql-keywords.ts';
import type { Draft, Link, Model } from './draft.ts';
import type { ColumnDraft, ColumnKind } from './notation.ts';
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
}

/** The drafts as a schema with keys, indexes, delete actions, times of change and descriptions, and what each is called there. */
export function render(model: Model): { readonly schema: SchemaInput; readonly names: ReadonlyMap<Draft, string> } {
  const names: Names = { tables: tableNames(model), enums: [] };
  const tables = model.drafts.map((one) => renderTable(one, names));
  return { schema: { version: 1, tables, enums: names.enums }, names: names.tables };
}

function tableNames(model: Model): ReadonlyMap<Draft, string> {
  const names = new Map<Draft, string>();
  const taken = new Set<string>();
  for (const one of model.drafts) {
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
  return isReservedWord(clean) || SYSTEM.has(clean) ? `${clean}${ending}` : clean;
}

const SYSTEM = new Set(['tableoid', 'xmin', 'cmin', 'xmax', 'cmax', 'ctid']);

function renderTable(one: Draft, names: Names): TableInput {
  const name = names.tables.get(one) ?? plural(one.name);
  const renamed = new Map<string, string>();
  const isKey = one.join && one.links.length === 2;
  const columns: ColumnInput[] = isKey ? [] : [generated('id', 'varchar', 'id', 'Nano id.')];
  if (!isKey) Object.assign(columns[0] ?? {}, { primaryKey: true });
  const taken = new Set<string>(MADE_COLUMNS);
  const push = (wish: string, make: (column: string) => ColumnInput) => {
    const column = safeName(wish, '_value');
    renamed.set(wish, column);
    if (taken.has(column) || columns.length >= MAX_COLUMNS) return;
    taken.add(column);
    columns.push(make(column));
  };
  for (const link of one.links) push(`${link.role}_id`, (column) => linkColumn(column, link, isKey, names));
  for (const column of one.columns) {
    const wish =
      column.kind === 'money' && column.sqlType === undefined && !/_(cents|minor)$/.test(column.name)
        ? `${column.name.replace(/_cent$/, '')}_cents`
        : column.name;
    renamed.set(column.name, safeName(wish, '_value'));
    if (!(taken.has('password_hash') && column.name === 'password'))
      push(wish, (final) => renderColumn(final, column, one, names));
  }
  columns.push(generated('created_at', 'bigint', 'created', 'Unix seconds at which the row was made.'));
  if (!isKey) columns.push(generated('updated_at', 'bigint', 'updated', 'Unix seconds of the last change.'));
  return { name, description: describe(one, names), columns, ...keys(one, columns, renamed) };
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
  const onDelete = link.nullable ? 'set-null' : link.part ? 'cascade' : 'restrict';
  const role = link.role.replaceAll('_', ' ').slice(0, LONGEST_WORDS);
  const parent = link.parent.name.replaceAll('_', ' ').slice(0, LONGEST_WORDS);
  return {
    name,
    type: 'varchar',
    description: role === parent ? `The ${parent} it belongs to.` : `The ${parent} that is its ${role}.`,
    nullable: link.nullable,
    unique: link.unique,
    primaryKey: isKey,
    references: { table, column: 'id', onDelete },
  };
}

function renderColumn(name: string, column: ColumnDraft, one: Draft, names: Names): ColumnInput {
  const values =
    column.kind === 'enum'
      ? [...new Set(column.values ?? [])].filter((value) => value !== '' && value.length <= 60)
      : [];
  const type = column.sqlType ?? (values.length > 0 ? enumName(one, name, values, names) : SQL_TYPES[column.kind]);
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
  return `${text}${column.sqlType === undefined ? (unit[column.kind] ?? '') : ''}.`;
}

function enumName(one: Draft, column: string, values: readonly string[], names: Names): string {
  const taken = new Set([...names.tables.values(), ...names.enums.map(({ name }) => name)]);
  let name = safeName(`${singular(one.name)}_${column}`, '_kind');
  while (taken.has(name) || parseColumnType(name) !== null) name = `${name.slice(0, MAX_IDENTIFIER_LENGTH - 5)}_kind`;
  names.enums.push({ name, values: [...values] });
  return name;
}

type Keys = Pick<TableInput, 'uniques' | 'indexes' | 'checks'>;

/** Uniques, one index for each reference that leads no key, and comparisons between columns. */
function keys(one: Draft, columns: readonly ColumnInput[], renamed: ReadonlyMap<string, string>): Keys {
  const has = (name: string) => columns.find((column) => column.name === name);
  const primary = columns.filter(({ primaryKey }) => primaryKey).map(({ name }) => name);
  const seen = new Set([[...primary].sort().join()]);
  const uniques: string[][] = [];
  for (const parts of one.uniques) {
    const group = [...new Set(parts.map((part) => renamed.get(part) ?? part))];
    const single = group.length === 1 ? has(group[0] ?? '') : undefined;
    if (single) single.unique = true;
    const id = [...group].sort().join();
    const usable = group.length > 1 && group.length <= 8 && group.every((part) => has(part) && !has(part)?.unique);
    if (!usable || seen.has(id) || uniques.length >= 16) continue;
    seen.add(id);
    uniques.push(group);
  }
  const leading = new Set([primary[0], ...uniques.map(([first]) => first)]);
  const indexes = columns
    .filter((column) => column.references && !column.unique && !leading.has(column.name))
    .map((column) => ({ columns: [column.name] }));
  const checks = (one.entity?.checks ?? [])
    .map((check) => ({ ...check, left: renamed.get(check.left) ?? '', right: renamed.get(check.right) ?? '' }))
    .filter(({ left, right }) => has(left) && has(right) && has(left)?.type === has(right)?.type);
  return { uniques, indexes, checks };
}
