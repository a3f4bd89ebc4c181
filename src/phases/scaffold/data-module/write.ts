import { readableIdentifier } from '../../../domain/identifier.ts';
import { generatorOf, type Resource } from '../resource.ts';
import { listed, member } from '../source.ts';
import { keyValues, outputList, parameter, sqlNames, statement, tableName, whereKey } from './statements.ts';
import { hashCode, momentCode } from './values.ts';

/** Collects what a statement is given, and where. */
class Places {
  readonly values: string[];

  constructor(values: readonly string[]) {
    this.values = [...values];
  }

  add(value: string): string {
    return `$${this.values.push(value)}`;
  }
}

const VERSIONS = 'versions: readonly string[] | null = null';

/** Only rows of the versions that may be changed, if any are named. */
function whereVersion(places: Places): string {
  const place = places.add('versions');
  return `  and (${place}::text[] is null or xmin::text = any(${place}))`;
}

function updateStatement(resource: Resource, name: 'update' | 'replace', sets: readonly string[], places: Places) {
  const moments = resource.table.columns
    .filter((column) => generatorOf(column) === 'updated' && !column.primaryKey)
    .map((column) => `${readableIdentifier(column.name)} = ${places.add(momentCode(resource, column))}`);
  const all = [...sets, ...moments];
  return statement(name.toUpperCase(), resource, name, [
    `update ${tableName(resource)}`,
    'set',
    ...all.map((set, index) => `  ${set}${index < all.length - 1 ? ',' : ''}`),
    whereKey(resource),
    whereVersion(places),
    outputList(resource, 'returning'),
  ]);
}

function updateFunction(resource: Resource, name: 'update' | 'replace', input: string, places: Places): string {
  const hashes = resource.patches.some((field) => field.hashed);
  return [
    listed(
      `export ${hashes ? 'async ' : ''}function ${name}(`,
      ['key: Key', input, VERSIONS],
      '): Promise<Stored<Row> | undefined> {',
    ),
    `  ${listed(`return writeRow(${name.toUpperCase()}, [`, places.values, ']);', 2)}`,
    '}',
  ].join('\n');
}

/** Changes of some fields. */
export function updatePart(resource: Resource): string {
  const { patches } = resource;
  if (patches.length === 0) return '';
  const places = new Places(keyValues(resource));
  const sets = patches.map(({ name, column, hashed }) => {
    const own = readableIdentifier(column.name);
    const value = member('patch', name);
    const given = places.add(`${value} !== undefined`);
    const place = places.add(hashed ? hashCode(value, false) : parameter(resource, column, value));
    return `${own} = case when ${given} then ${place} else ${own} end`;
  });
  return [
    updateStatement(resource, 'update', sets, places),
    '',
    '/** Changes what is given; everything else stays as it is at that moment. */',
    updateFunction(resource, 'update', 'patch: Patch', places),
  ].join('\n');
}

/** All fields anew. */
export function replacePart(resource: Resource): string {
  const { patches } = resource;
  if (patches.length === 0) return '';
  const places = new Places(keyValues(resource));
  const sets = patches.map(({ name, column, hashed, required }) => {
    const value = member('input', name);
    const place = places.add(hashed ? hashCode(value, required) : parameter(resource, column, value));
    return `${readableIdentifier(column.name)} = ${place}`;
  });
  return [
    updateStatement(resource, 'replace', sets, places),
    '',
    '/** Writes the whole row anew: what is not given gets its default, or nothing. */',
    updateFunction(resource, 'replace', 'input: Replace', places),
  ].join('\n');
}

/** The end of a row. */
export function removePart(resource: Resource): string {
  const places = new Places(keyValues(resource));
  const lines = [
    `delete from ${tableName(resource)}`,
    whereKey(resource),
    whereVersion(places),
    `returning ${sqlNames(resource.key).join(', ')}`,
  ];
  return [
    statement('DELETE', resource, 'delete', lines),
    '',
    '/** True when there was such a row. */',
    listed('export async function remove(', ['key: Key', VERSIONS], '): Promise<boolean> {'),
    `  ${listed('const row = await writeRow(DELETE, [', places.values, ']);', 2)}`,
    '  return row !== undefined;',
    '}',
  ].join('\n');
}
