import { APP_SCHEMA } from '../../domain/database.ts';
import { readableIdentifier } from '../../domain/identifier.ts';
import type { Column } from '../../domain/schema.ts';
import { generatorOf, type Resource } from './resource.ts';
import { importLine, listed, member, quoted, sqlList, templateText } from './source.ts';

/** SQL stands this far from the left edge. */
const SQL_INDENT = 4;

/** `server/data/<table>.ts`: the statements of a table, and a function for each. */
export function dataModule(resource: Resource): string {
  const parts = [listPart, findPart, createPart, updatePart, removePart].map((part) => part(resource));
  const body = parts.filter((part) => part !== '').join('\n\n');
  return `${imports(resource, body)}\n\n${body}\n`;
}

function imports({ table, patches }: Resource, body: string): string {
  const used = (...names: readonly string[]) => names.filter((name) => new RegExp(`\\b${name}[(<]`).test(body));
  const [uuid, id, hash] = [used('randomUUID'), used('nanoid'), used('hashPassword')];
  const parameters = used('toBytea', 'toJson', 'toJsonArray');
  const shapes = ['Create', 'Cursor', 'Key', ...(patches.length > 0 ? ['Patch'] : []), 'Row'];
  const types = shapes.map((name) => `type ${name}`);
  return [
    ...(uuid.length > 0 ? [importLine(uuid, 'node:crypto')] : []),
    ...(id.length > 0 ? [importLine(id, 'nanoid')] : []),
    importLine([...used('insertRow', 'readRow', 'readRows', 'writeRow'), 'type Statement'], '../lib/database.ts'),
    importLine(['type PageQuery'], '../lib/pagination.ts'),
    ...(hash.length > 0 ? [importLine(hash, '../lib/password.ts')] : []),
    ...(parameters.length > 0 ? [importLine(parameters, '../lib/types.ts')] : []),
    importLine(types, `../schemas/${table.name}.ts`),
  ].join('\n');
}

function tableName({ table }: Resource): string {
  return `${APP_SCHEMA}.${readableIdentifier(table.name)}`;
}

function sqlNames(columns: readonly Column[]): string[] {
  return columns.map((column) => readableIdentifier(column.name));
}

/** The visible columns; an array of an enum is known to the driver only as text. */
function outputList(resource: Resource, lead: 'select' | 'returning'): string {
  const items = resource.output.map((column) => {
    const name = readableIdentifier(column.name);
    const { choices, array } = resource.typeOf(column);
    return choices && array ? `${name}::text[] as ${name}` : name;
  });
  return sqlList(lead, items, SQL_INDENT);
}

function statement(constant: string, resource: Resource, name: string, lines: readonly string[]): string {
  const pad = ' '.repeat(SQL_INDENT);
  const sql = lines.map((line) => `\n${pad}${templateText(line)}`).join('');
  return [
    `const ${constant}: Statement = {`,
    `  name: ${quoted(`${resource.table.name}.${name}`)},`,
    `  text: \`${sql}\`,`,
    '};',
  ].join('\n');
}

/** `id = $1 and part = $2`. */
function whereKey({ key }: Resource): string {
  return `where ${sqlNames(key)
    .map((name, index) => `${name} = $${index + 1}`)
    .join(' and ')}`;
}

function keyValues(resource: Resource): string[] {
  return resource.key.map((column) => parameter(resource, column, member('key', column.name)));
}

/** How a checked value is handed to the driver. */
function parameter(resource: Resource, column: Column, value: string): string {
  const { type } = resource.typeOf(column);
  if (type?.kind === 'json') return `${type.array ? 'toJsonArray' : 'toJson'}(${value})`;
  if (type?.kind === 'bytes') return `toBytea(${value})`;
  return value;
}

function listPart(resource: Resource): string {
  const order = sqlNames(resource.order);
  const places = order.map((_, index) => `$${index + 2}`);
  const together = (items: readonly string[]) => (items.length === 1 ? items.join() : `(${items.join(', ')})`);
  const select = [outputList(resource, 'select'), `from ${tableName(resource)}`];
  const sorted = `order by ${order.join(', ')}`;
  const plain = resource.order.every((column) => parameter(resource, column, '') === '');
  const after = plain
    ? ['...after']
    : resource.order.map((column, index) => parameter(resource, column, `after[${index}]`));
  return [
    statement('LIST', resource, 'list', [...select, sorted, 'limit $1 offset $2']),
    '',
    statement('LIST_AFTER', resource, 'after', [
      ...select,
      `where ${together(order)} > ${together(places)}`,
      sorted,
      'limit $1',
    ]),
    '',
    '/** A part of the rows, and one more that tells whether others follow. */',
    'export function list({ limit, offset, after }: PageQuery<Cursor>): Promise<Row[]> {',
    '  if (!after) return readRows(LIST, [limit + 1, offset]);',
    `  ${listed('return readRows(LIST_AFTER, [', ['limit + 1', ...after], ']);', 2)}`,
    '}',
  ].join('\n');
}

function findPart(resource: Resource): string {
  const lines = [outputList(resource, 'select'), `from ${tableName(resource)}`, whereKey(resource)];
  return [
    statement('FIND', resource, 'find', lines),
    '',
    'export function find(key: Key): Promise<Row | undefined> {',
    `  ${listed('return readRow(FIND, [', keyValues(resource), ']);', 2)}`,
    '}',
  ].join('\n');
}

/** The value of a column that the server makes. */
function madeValue(resource: Resource, column: Column): string {
  switch (generatorOf(column)) {
    case 'id':
      return 'nanoid()';
    case 'uuid':
      return 'randomUUID()';
    default:
      return momentCode(resource, column);
  }
}

const ISO_NOW = 'new Date().toISOString()';
const TODAY = 'new Date().toISOString().slice(0, 10)';
const UNIX_NOW = 'Math.floor(Date.now() / 1000)';
const MOMENTS = [ISO_NOW, TODAY, UNIX_NOW];

function momentCode(resource: Resource, column: Column): string {
  const kind = resource.typeOf(column).type?.kind;
  if (kind === 'timestamp') return ISO_NOW;
  return kind === 'date' ? TODAY : UNIX_NOW;
}

/** Values that are all of one moment read the clock once. */
function shareMoment(values: readonly string[]): {
  readonly lines: readonly string[];
  readonly values: readonly string[];
} {
  const moments = values.filter((value) => MOMENTS.includes(value));
  const [first] = moments;
  if (first === undefined || moments.length < 2 || moments.some((value) => value !== first))
    return { lines: [], values };
  return { lines: [`  const now = ${first};`], values: values.map((value) => (value === first ? 'now' : value)) };
}

function createPart(resource: Resource): string {
  const { table, inputs } = resource;
  const columns = table.columns.filter((column) => generatorOf(column) !== 'identity');
  const hashes = inputs.some((field) => field.hashed);
  const values = columns.map((column) => {
    const field = inputs.find((candidate) => candidate.column === column);
    if (!field) return madeValue(resource, column);
    const value = member('input', field.name);
    return field.hashed ? hashCode(value, field.required) : parameter(resource, column, value);
  });
  const shared = shareMoment(values);
  const places = columns.map((_, index) => `$${index + 1}`);
  const insert =
    columns.length === 0
      ? [`insert into ${tableName(resource)} default values`]
      : [
          `insert into ${tableName(resource)}`,
          `${sqlList('  (', sqlNames(columns), SQL_INDENT + 2)})`,
          `values ${sqlList('(', places, SQL_INDENT)})`,
        ];
  return [
    statement('INSERT', resource, 'insert', [...insert, outputList(resource, 'returning')]),
    '',
    `export ${hashes ? 'async ' : ''}function create(${values.some((value) => value.includes('input')) ? 'input' : '_input'}: Create): Promise<Row> {`,
    ...shared.lines,
    `  ${listed('return insertRow(INSERT, [', shared.values, ']);', 2)}`,
    '}',
  ].join('\n');
}

function hashCode(value: string, required: boolean): string {
  return required ? `await hashPassword(${value})` : `${value} && (await hashPassword(${value}))`;
}

function updatePart(resource: Resource): string {
  const { table, patches, key } = resource;
  if (patches.length === 0) return '';
  let place = key.length;
  const sets: string[] = [];
  const values = keyValues(resource);
  for (const { name, column, hashed } of patches) {
    const own = readableIdentifier(column.name);
    const value = member('patch', name);
    sets.push(`${own} = case when $${++place} then $${++place} else ${own} end`);
    values.push(`${value} !== undefined`, hashed ? hashCode(value, false) : parameter(resource, column, value));
  }
  for (const column of table.columns.filter(
    (candidate) => generatorOf(candidate) === 'updated' && !candidate.primaryKey,
  )) {
    sets.push(`${readableIdentifier(column.name)} = $${++place}`);
    values.push(momentCode(resource, column));
  }
  const lines = [
    `update ${tableName(resource)}`,
    'set',
    ...sets.map((set, index) => `  ${set}${index < sets.length - 1 ? ',' : ''}`),
    whereKey(resource),
    outputList(resource, 'returning'),
  ];
  const hashes = patches.some((field) => field.hashed);
  return [
    statement('UPDATE', resource, 'update', lines),
    '',
    '/** Changes what is given; everything else stays as it is at that moment. */',
    listed(
      `export ${hashes ? 'async ' : ''}function update(`,
      ['key: Key', 'patch: Patch'],
      '): Promise<Row | undefined> {',
    ),
    `  ${listed('return writeRow(UPDATE, [', values, ']);', 2)}`,
    '}',
  ].join('\n');
}

function removePart(resource: Resource): string {
  const lines = [
    `delete from ${tableName(resource)}`,
    whereKey(resource),
    `returning ${sqlNames(resource.key).join(', ')}`,
  ];
  return [
    statement('DELETE', resource, 'delete', lines),
    '',
    '/** True when there was such a row. */',
    'export async function remove(key: Key): Promise<boolean> {',
    `  ${listed('const row = await writeRow(DELETE, [', keyValues(resource), ']);', 2)}`,
    '  return row !== undefined;',
    '}',
  ].join('\n');
}
