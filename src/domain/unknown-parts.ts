import { newColumnName, type Renames, renameSchema } from './diff.ts';
import { TurboError } from './errors.ts';
import { relationsOf } from './relations.ts';
import type { Schema, Table } from './schema.ts';
import { schemaWithout } from './schema-without.ts';

/** Tables and columns of a database that no schema knows: migrations of one's own made them. */
export interface UnknownParts {
  readonly tables: ReadonlySet<string>;
  /** `table.column`, of tables that are known. */
  readonly columns: ReadonlySet<string>;
}

/** None, where everything that is not wanted goes. */
export const NOTHING_UNKNOWN: UnknownParts = { tables: new Set(), columns: new Set() };

/** What a database has that none of these schemas has, and that nobody named. Pure. */
export function findUnknown(
  found: Schema,
  schemas: readonly (Schema | null)[],
  named: ReadonlySet<string>,
): UnknownParts {
  const tables = new Set<string>();
  const columns = new Set<string>();
  for (const { name, columns: own } of found.tables) {
    const known = schemas.flatMap((schema) => schema?.tables.filter((table) => table.name === name) ?? []);
    if (known.length === 0) {
      if (!named.has(name)) tables.add(name);
      continue;
    }
    for (const column of own) {
      const place = `${name}.${column.name}`;
      const isKnown = known.some((table) => table.columns.some((other) => other.name === column.name));
      if (!isKnown && !column.primaryKey && !named.has(place)) columns.add(place);
    }
  }
  return { tables, columns };
}

/** The schema without them. Pure. */
export function withoutUnknown(schema: Schema, { tables, columns }: UnknownParts): Schema {
  if (tables.size + columns.size === 0) return schema;
  return schemaWithout(schema, { tables, columns, accounts: false });
}

/**
 * A wanted schema with what nobody knows of the found one, under the new names of what it refers to. Throws
 * `migration.refused` when it refers to what would go. Pure.
 */
export function withUnknown(wanted: Schema, found: Schema, unknown: UnknownParts, renames: Renames): Schema {
  if (unknown.tables.size + unknown.columns.size === 0) return wanted;
  const renamed = renameSchema(found, renames);
  const own = renamed.tables.filter((_table, index) => unknown.tables.has(found.tables[index]?.name ?? ''));
  const grown = wanted.tables.map((table) => {
    const index = renamed.tables.findIndex(({ name }) => name === table.name);
    const [former, there] = [found.tables[index], renamed.tables[index]];
    if (!former || !there) return table;
    const more = former.columns
      .filter(({ name }) => unknown.columns.has(`${former.name}.${name}`))
      .map(({ name }) => newColumnName(former.name, name, renames));
    return more.length === 0 ? table : withColumns(table, there, new Set(more));
  });
  const tables = [...grown, ...own];
  const types = new Set(tables.flatMap(({ columns }) => columns.map(({ type }) => type)));
  const enums = renamed.enums.filter(
    ({ name }) => types.has(name) && !wanted.enums.some((other) => other.name === name),
  );
  for (const table of tables) assertTargets(table, tables);
  return { ...wanted, tables, enums: [...wanted.enums, ...enums] };
}

/** What hangs on these columns comes along. */
function withColumns(table: Table, there: Table, names: ReadonlySet<string>): Table {
  const all = new Set([...table.columns.map(({ name }) => name), ...names]);
  const isOwn = (list: readonly string[]) =>
    list.some((name) => names.has(name)) && list.every((name) => all.has(name));
  return {
    ...table,
    columns: [...table.columns, ...there.columns.filter(({ name }) => names.has(name))],
    uniques: [...table.uniques, ...there.uniques.filter(isOwn)],
    indexes: [...table.indexes, ...there.indexes.filter(({ columns }) => isOwn(columns))],
    foreignKeys: [...table.foreignKeys, ...there.foreignKeys.filter(({ columns }) => isOwn(columns))],
    checks: [...table.checks, ...there.checks.filter(({ left, right }) => isOwn([left, right]))],
  };
}

function assertTargets(table: Table, tables: readonly Table[]): void {
  for (const { target } of relationsOf(table)) {
    const heir = tables.find(({ name }) => name === target.table);
    if (heir && target.columns.every((name) => heir.columns.some((column) => column.name === name))) continue;
    const message = `${table.name} refers to ${target.table}, which would go, and no schema says so.`;
    throw new TurboError('migration.refused', message, {
      hint: 'Nothing was changed. Change it first: turbobackend migrate create <name>',
    });
  }
}
