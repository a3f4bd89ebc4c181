import type { Column } from '../../../domain/schema.ts';
import { generatorOf, type Resource } from '../resource.ts';
import { listed, member, sqlList } from '../source.ts';
import { AskerPlaces, accountParameter, Places } from './places.ts';
import { referenceSql, referencesOf } from './references.ts';
import { outputList, parameter, SQL_INDENT, sqlNames, statement, tableName } from './statements.ts';
import { hashCode, madeValue, shareMoment } from './values.ts';

/** One new row, and many. */
export function createPart(resource: Resource): string {
  if (resource.wall?.guards.create === null) return '';
  const columns = writtenColumns(resource);
  const { code, values } = insertStatement(resource, columns);
  return [code, '', resource.wall ? createAs(resource, values) : create(resource, values)].join('\n');
}

/** What an INSERT says; the rest is left to the defaults of the database. */
function writtenColumns({ table, inputs }: Resource): readonly Column[] {
  return table.columns.filter((column) => {
    const made = generatorOf(column);
    return made === null ? inputs.some((field) => field.column === column) : made !== 'identity';
  });
}

function columnValue(resource: Resource, column: Column): string {
  const field = resource.inputs.find((candidate) => candidate.column === column);
  if (!field) return madeValue(resource, column);
  const value = member('input', field.name);
  return field.hashed ? hashCode(resource, value, field.required) : parameter(resource, column, value);
}

function insertStatement(resource: Resource, columns: readonly Column[]) {
  const into = `insert into ${tableName(resource)}`;
  const returning = outputList(resource, 'returning');
  if (columns.length === 0) {
    return { code: statement('INSERT', resource, 'insert', [`${into} default values`, returning]), values: [] };
  }
  const all = new Places(columns.map((column) => columnValue(resource, column)));
  const places = columns.map((_, index) => `$${index + 1}`);
  const asker = new AskerPlaces(all, resource, isSignedIn(resource));
  const demands = referencesOf(resource, resource.inputs).map((reference) =>
    referenceSql(resource, reference, asker, (column) => ({
      sql: places[columns.indexOf(column)] ?? 'null',
      canBeNull: column.nullable,
    })),
  );
  // A row whose references lead nowhere is not made.
  const row =
    demands.length === 0
      ? [`values ${sqlList('(', places, SQL_INDENT)})`]
      : [
          sqlList('select', places, SQL_INDENT),
          ...demands.map((demand, at) => `${at === 0 ? 'where' : '  and'} ${demand}`),
        ];
  const names = `${sqlList('  (', sqlNames(columns), SQL_INDENT + 2)})`;
  return { code: statement('INSERT', resource, 'insert', [into, names, ...row, returning]), values: all.values };
}

/** Whoever makes a row is signed in. */
function isSignedIn({ wall }: Resource): boolean {
  return wall?.guards.create !== 'anybody';
}

/** A parameter, underlined when nothing looks at it. */
function parameterOf(name: string, type: string, lines: readonly string[]): string {
  const isUsed = lines.some((line) => new RegExp(`\\b${name}\\b`).test(line));
  return `${isUsed ? '' : '_'}${name}: ${type}`;
}

/** Where nobody signs in. */
function create({ inputs }: Resource, values: readonly string[]): string {
  if (values.length === 0) {
    return `export function create(_input: Create, once: Once | null = null): Promise<Stored<Row>> {
  return insertRow(INSERT, [], once);
}`;
  }
  const hashes = inputs.some((field) => field.hashed);
  const shared = shareMoment(values);
  const input = parameterOf('input', 'Create', values);
  return [
    `${hashes ? 'async ' : ''}function valuesOf(${input}): ${hashes ? 'Promise<unknown[]>' : 'unknown[]'} {`,
    ...shared.lines,
    `  ${listed('return [', shared.values, '];', 2)}`,
    '}',
    '',
    hashes ? HASHED_CREATE : PLAIN_CREATE,
  ].join('\n');
}

/** With accounts a row is made for somebody, by the same statement whether it comes alone or with others. */
function createAs(resource: Resource, values: readonly string[]): string {
  const { inputs, wall } = resource;
  const hashes = inputs.some((field) => field.hashed);
  const needsAccount = isSignedIn(resource);
  const account = accountParameter(needsAccount);
  const asker = wall?.makesForOthers ? 'SYSTEM' : 'account';
  const shared = shareMoment(values);
  const references = referencesOf(resource, inputs).length > 0 ? ', references: referencesOf(input, account)' : '';
  const body = [
    ...shared.lines,
    `  ${listed('const values = [', shared.values, '];', 2)}`,
    `  return { values${references} };`,
  ];
  const parameters = [
    parameterOf('input', 'Create', body),
    parameterOf('account', needsAccount ? 'Account' : 'Account | null', body),
  ];
  const [lead, wait] = hashes ? ['async ', 'await '] : ['', ''];
  const once = 'once: Once | null = null';
  return [
    listed(`${lead}function newRow(`, parameters, `): ${hashes ? 'Promise<NewRow>' : 'NewRow'} {`),
    ...body,
    '}',
    '',
    listed(`export ${lead}function create(`, ['input: Create', account, once], '): Promise<Stored<Row>> {'),
    `  return insertRow(${asker}, INSERT, ${wait}newRow(input, account), once);`,
    '}',
    ...(inputs.length === 0 ? [] : ['', ...createAllAs(asker, account, hashes)]),
  ].join('\n');
}

function createAllAs(asker: string, account: string, hashes: boolean): readonly string[] {
  const parameters = ['inputs: readonly Create[]', account, 'once: Once | null = null'];
  const lead = `export ${hashes ? 'async ' : ''}function createAll(`;
  const rows = hashes
    ? ['  const rows: NewRow[] = [];', '  for (const input of inputs) rows.push(await newRow(input, account));']
    : ['  const rows = inputs.map((input) => newRow(input, account));'];
  return [
    `/** All of them or none.${hashes ? ' One password after the other, so that others get their turn.' : ''} */`,
    listed(lead, parameters, '): Promise<Stored<Row>[]> {'),
    ...rows,
    `  return insertRows(${asker}, INSERT, rows, once);`,
    '}',
  ];
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
