import { generatorOf, type Resource } from '../resource.ts';
import { listed, member, sqlList } from '../source.ts';
import { outputList, parameter, SQL_INDENT, sqlNames, statement, tableName } from './statements.ts';
import { hashCode, madeValue, shareMoment } from './values.ts';

/** One new row, and many. */
export function createPart(resource: Resource): string {
  const { table, inputs } = resource;
  const columns = table.columns.filter((column) => generatorOf(column) !== 'identity');
  const hashes = inputs.some((field) => field.hashed);
  const values = columns.map((column) => {
    const field = inputs.find((candidate) => candidate.column === column);
    if (!field) return madeValue(resource, column);
    const value = member('input', field.name);
    return field.hashed ? hashCode(value, field.required) : parameter(resource, column, value);
  });
  const insert = (lines: readonly string[]) =>
    statement('INSERT', resource, 'insert', [
      `insert into ${tableName(resource)}${lines.length === 0 ? ' default values' : ''}`,
      ...lines,
      outputList(resource, 'returning'),
    ]);
  if (columns.length === 0) {
    return `${insert([])}

export function create(_input: Create, once: Once | null = null): Promise<Stored<Row>> {
  return insertRow(INSERT, [], once);
}`;
  }
  const places = columns.map((_, index) => `$${index + 1}`);
  const shared = shareMoment(values);
  const input = values.some((value) => value.includes('input')) ? 'input' : '_input';
  return [
    insert([`${sqlList('  (', sqlNames(columns), SQL_INDENT + 2)})`, `values ${sqlList('(', places, SQL_INDENT)})`]),
    '',
    `${hashes ? 'async ' : ''}function valuesOf(${input}: Create): ${hashes ? 'Promise<unknown[]>' : 'unknown[]'} {`,
    ...shared.lines,
    `  ${listed('return [', shared.values, '];', 2)}`,
    '}',
    '',
    hashes ? HASHED_CREATE : PLAIN_CREATE,
  ].join('\n');
}

const PLAIN_CREATE = `export function create(input: Create, once: Once | null = null): Promise<Stored<Row>> {
  return insertRow(INSERT, valuesOf(input), once);
}

/** All of them or none. */
export function createAll(
  inputs: readonly Create[],
  once: Once | null = null,
): Promise<Stored<Row>[]> {
  return insertRows(INSERT, inputs.map(valuesOf), once);
}`;

const HASHED_CREATE = `export async function create(input: Create, once: Once | null = null): Promise<Stored<Row>> {
  return insertRow(INSERT, await valuesOf(input), once);
}

/** All of them or none. One password after the other, so that others get their turn. */
export async function createAll(
  inputs: readonly Create[],
  once: Once | null = null,
): Promise<Stored<Row>[]> {
  const rows: unknown[][] = [];
  for (const input of inputs) rows.push(await valuesOf(input));
  return insertRows(INSERT, rows, once);
}`;
