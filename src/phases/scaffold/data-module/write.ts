import { readableIdentifier } from '../../../domain/identifier.ts';
import type { Column } from '../../../domain/schema.ts';
import { generatorOf, type Resource } from '../resource.ts';
import { listed, member } from '../source.ts';
import { AskerPlaces, accountParameter, anyOf, Places } from './places.ts';
import { referenceSql, referencesOf } from './references.ts';
import { keyValues, outputList, parameter, sqlNames, statement, tableName, whereKey } from './statements.ts';
import { hashCode, momentCode } from './values.ts';

const VERSIONS = 'versions: readonly string[] | null = null';

/** Only rows of the versions that may be changed, if any are named. */
function whereVersion(places: Places): string {
  const place = places.add('versions');
  return `  and (${place}::text[] is null or xmin::text = any(${place}))`;
}

/** Whoever changes a row is signed in. */
function isSignedIn({ wall }: Resource): boolean {
  return wall?.guards.change !== 'anybody';
}

/** The end of a WHERE: rows that the account may change, and references that lead somewhere. */
function whereMine(resource: Resource, places: Places, sets: ReadonlyMap<Column, SetValue> = new Map()): string[] {
  const { wall, patches } = resource;
  if (!wall) return [];
  const asker = new AskerPlaces(places, resource, isSignedIn(resource));
  const mine = asker.guard((account) => wall.changeConditions(account));
  const demands = referencesOf(resource, sets.size > 0 ? patches : []).map((reference) =>
    referenceSql(resource, reference, asker, (column) => {
      const set = sets.get(column);
      if (!set) return { sql: readableIdentifier(column.name), canBeNull: column.nullable };
      const isAlone = reference.guarded.relation.columns.length === 1;
      return { sql: isAlone ? set.place : set.sql, canBeNull: column.nullable || set.isOptional };
    }),
  );
  return [...(mine ? [anyOf(mine)] : []), ...demands].map((condition) => `  and ${condition}`);
}

/** What a column is set to. */
interface SetValue {
  readonly sql: string;
  /** Of the value that is given, if one is. */
  readonly place: string;
  readonly isOptional: boolean;
}

function updateStatement(
  resource: Resource,
  name: 'update' | 'replace',
  sets: ReadonlyMap<Column, SetValue>,
  places: Places,
) {
  const moments = resource.table.columns
    .filter((column) => generatorOf(column) === 'updated' && !column.primaryKey)
    .map((column) => `${readableIdentifier(column.name)} = ${places.add(momentCode(resource, column))}`);
  const all = [...[...sets].map(([column, { sql }]) => `${readableIdentifier(column.name)} = ${sql}`), ...moments];
  return statement(name.toUpperCase(), resource, name, [
    `update ${tableName(resource)}`,
    'set',
    ...all.map((set, index) => `  ${set}${index < all.length - 1 ? ',' : ''}`),
    whereKey(resource),
    whereVersion(places),
    ...whereMine(resource, places, sets),
    outputList(resource, 'returning'),
  ]);
}

function updateFunction(resource: Resource, name: 'update' | 'replace', input: string, places: Places): string {
  const hashes = resource.patches.some((field) => field.hashed);
  const { account, asker } = askerOf(resource);
  return [
    listed(
      `export ${hashes ? 'async ' : ''}function ${name}(`,
      ['key: Key', input, ...account, VERSIONS],
      '): Promise<Stored<Row> | undefined> {',
    ),
    `  ${listed(`return writeRow(${asker}${name.toUpperCase()}, [`, places.values, ']);', 2)}`,
    '}',
  ].join('\n');
}

/** The parameter of who asks, and the argument it becomes. */
function askerOf(resource: Resource): { readonly account: readonly string[]; readonly asker: string } {
  if (!resource.wall) return { account: [], asker: '' };
  return { account: [accountParameter(isSignedIn(resource))], asker: 'account, ' };
}

/** Changes of some fields. */
export function updatePart(resource: Resource): string {
  const { patches, adminPatches } = resource;
  if (patches.length === 0) return '';
  const places = new Places(keyValues(resource));
  const sets = new Map<Column, SetValue>();
  for (const { name, column, hashed } of [...patches, ...adminPatches]) {
    const own = readableIdentifier(column.name);
    const value = member('patch', name);
    const given = places.add(`${value} !== undefined`);
    const place = places.add(hashed ? hashCode(resource, value, false) : parameter(resource, column, value));
    sets.set(column, { sql: `case when ${given} then ${place} else ${own} end`, place, isOptional: true });
  }
  return [
    updateStatement(resource, 'update', sets, places),
    '',
    '/** Changes what is given; everything else stays as it is at that moment. */',
    updateFunction(resource, 'update', `patch: ${adminPatches.length > 0 ? 'AdminPatch' : 'Patch'}`, places),
  ].join('\n');
}

/** All fields anew. */
export function replacePart(resource: Resource): string {
  const { patches } = resource;
  if (patches.length === 0) return '';
  const places = new Places(keyValues(resource));
  const sets = new Map<Column, SetValue>();
  for (const { name, column, hashed, required } of patches) {
    const value = member('input', name);
    const place = places.add(hashed ? hashCode(resource, value, required) : parameter(resource, column, value));
    sets.set(column, { sql: place, place, isOptional: false });
  }
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
    ...whereMine(resource, places),
    `returning ${sqlNames(resource.key).join(', ')}`,
  ];
  const { account, asker } = askerOf(resource);
  return [
    statement('DELETE', resource, 'delete', lines),
    '',
    '/** True when there was such a row. */',
    listed('export async function remove(', ['key: Key', ...account, VERSIONS], '): Promise<boolean> {'),
    `  ${listed(`const row = await writeRow(${asker}DELETE, [`, places.values, ']);', 2)}`,
    '  return row !== undefined;',
    '}',
  ].join('\n');
}

/**
 * Why a row was not changed, where that is more than that it is not there, or of another version: others may see it,
 * or a reference leads nowhere.
 */
export function unchangedPart(resource: Resource): string {
  const { wall, patches } = resource;
  if (!wall) return '';
  const hasReferences = referencesOf(resource, patches).length > 0;
  if (!explainsMore(resource)) return '';
  const account = accountParameter(isSignedIn(resource));
  const parameters = ['key: Key', account, ...(hasReferences ? ['links: Links = {}'] : [])];
  const places = new Places(keyValues(resource));
  const mine = wall.hasOnlookers ? [mineStatement(resource, places), ''] : [];
  const find = wall.hasOnlookers
    ? [
        `  ${listed('const row = await readRowAs<{ mine: boolean }>(account, MINE, [', places.values, ']);', 2)}`,
        '  if (row && !row.mine) throw forbidden();',
      ]
    : [`  const row = await find(${wall.isBound ? 'key, account' : 'key'});`];
  const about = [
    ...(wall.hasOnlookers ? ["403 when it is somebody else's"] : []),
    ...(hasReferences ? ['422 when a reference leads nowhere'] : []),
  ].join(', ');
  return [
    ...mine,
    `/** The row that was not changed. Throws ${about}. */`,
    listed('export async function findUnchanged(', parameters, '): Promise<object | undefined> {'),
    ...find,
    ...(hasReferences
      ? [
          '  const dead = row && (await deadReferences(account, referencesOf(links, account)));',
          '  if (dead) throw dead;',
        ]
      : []),
    '  return row;',
    '}',
  ].join('\n');
}

/** There is a function that tells why a row was not changed. */
export function explainsMore(resource: Resource): boolean {
  return resource.wall?.hasOnlookers === true || referencesOf(resource, resource.patches).length > 0;
}

function mineStatement(resource: Resource, places: Places): string {
  const asker = new AskerPlaces(places, resource, true);
  const mine = anyOf(asker.guard((account) => resource.wall?.changeConditions(account) ?? null) ?? ['true']);
  const seen = asker.guard((account) => resource.wall?.readConditions(account) ?? null);
  return statement('MINE', resource, 'mine', [
    `select ${mine} as mine`,
    `from ${tableName(resource)}`,
    whereKey(resource),
    ...(seen ? [`  and ${anyOf(seen)}`] : []),
  ]);
}
