import { relationsOf } from './relations.ts';
import type { Column, Schema, Table } from './schema.ts';

/** What is not wanted of a schema. */
export interface Removal {
  readonly tables: ReadonlySet<string>;
  /** `table.column`. */
  readonly columns: ReadonlySet<string>;
  /** Nobody signs in; the table of those who did stays. */
  readonly accounts: boolean;
}

/**
 * A schema without some of its tables and columns. What cannot be without a removed table goes too, what only may refer
 * to it forgets it. Keys, owners and what people sign in with are not taken from a table that stays. Valid when the
 * schema was; as it was when nothing would be left.
 */
export function schemaWithout(schema: Schema, removal: Removal): Schema {
  const gone = withDependents(schema, removal.tables);
  const tables = schema.tables.filter(({ name }) => !gone.has(name));
  if (tables.length === 0) return schema;
  const without = (table: Table) => {
    const lost = new Set(
      table.columns
        .filter(({ references }) => references && gone.has(references.table))
        .map(({ name }) => name)
        .concat(table.columns.filter((column) => isTaken(column, table, schema, removal)).map(({ name }) => name)),
    );
    return withoutColumns(table, lost);
  };
  const open = removal.accounts && schema.accounts !== null;
  const kept = tables.map(without).map((table) => (open ? withoutAccess(table) : table));
  const used = new Set(kept.flatMap(({ columns }) => columns.map(({ type }) => type)));
  return {
    ...schema,
    tables: kept,
    enums: schema.enums.filter(({ name }) => used.has(name)),
    accounts: open ? null : schema.accounts,
  };
}

function withDependents(schema: Schema, unwanted: ReadonlySet<string>): ReadonlySet<string> {
  const gone = new Set([...unwanted].filter((name) => name !== schema.accounts?.table));
  const needsGone = (table: Table) =>
    relationsOf(table).some(
      ({ columns, target }) =>
        gone.has(target.table) &&
        columns.some((name) => table.columns.some((column) => column.name === name && !column.nullable)),
    );
  for (let before = -1; before !== gone.size; ) {
    before = gone.size;
    for (const table of schema.tables)
      if (table.name !== schema.accounts?.table && needsGone(table)) gone.add(table.name);
  }
  return gone;
}

function isTaken(column: Column, table: Table, { accounts }: Schema, removal: Removal): boolean {
  const isAccounts = accounts?.table === table.name;
  if (isAccounts && removal.accounts && column.name === accounts.password) return true;
  if (!removal.columns.has(`${table.name}.${column.name}`) || column.primaryKey) return false;
  const isOwner = column.default && 'generate' in column.default && column.default.generate === 'owner';
  const signs = isAccounts && [accounts.login, accounts.password, accounts.role].includes(column.name);
  return !isOwner && !signs && table.access?.through !== column.name;
}

function withoutColumns(table: Table, lost: ReadonlySet<string>): Table {
  if (lost.size === 0) return table;
  const isThere = (names: readonly string[]) => !names.some((name) => lost.has(name));
  return {
    ...table,
    columns: table.columns.filter(({ name }) => !lost.has(name)),
    uniques: table.uniques.filter(isThere),
    indexes: table.indexes.filter(({ columns }) => isThere(columns)),
    foreignKeys: table.foreignKeys.filter(({ columns }) => isThere(columns)),
    checks: table.checks.filter(({ left, right }) => isThere([left, right])),
    access: table.access && {
      ...table.access,
      sharedWith: table.access.sharedWith.filter((name) => !lost.has(name)),
    },
  };
}

function withoutAccess(table: Table): Table {
  const columns = table.columns.map((column): Column => {
    const isOwner = column.default && 'generate' in column.default && column.default.generate === 'owner';
    return { ...column, protected: false, default: isOwner ? null : column.default };
  });
  return { ...table, columns, access: null };
}
