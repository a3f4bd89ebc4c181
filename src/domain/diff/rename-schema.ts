import type { Column, Schema, Table } from '../schema.ts';

/** What got another name: old → new. Columns and values stand behind the old name of their table or enum. */
export interface Renames {
  readonly tables: ReadonlyMap<string, string>;
  /** `posts.title` → `headline`. */
  readonly columns: ReadonlyMap<string, string>;
  readonly enums: ReadonlyMap<string, string>;
  /** `post_status.draft` → `unpublished`. */
  readonly values: ReadonlyMap<string, string>;
}

export const NO_RENAMES: Renames = { tables: new Map(), columns: new Map(), enums: new Map(), values: new Map() };

const of = (names: ReadonlyMap<string, string>, name: string): string => names.get(name) ?? name;

/** What a column is called afterwards, by its old table and name. */
export function newColumnName(table: string, column: string, renames: Renames): string {
  return renames.columns.get(`${table}.${column}`) ?? column;
}

/** The same schema under the new names. */
export function renameSchema(schema: Schema, renames: Renames): Schema {
  const columnOf = (table: string) => (column: string) => newColumnName(table, column, renames);
  return {
    ...schema,
    tables: schema.tables.map((table) => renameTable(table, schema, renames)),
    enums: schema.enums.map((type) => ({
      name: of(renames.enums, type.name),
      values: type.values.map((value) => renames.values.get(`${type.name}.${value}`) ?? value),
    })),
    accounts: schema.accounts && {
      ...schema.accounts,
      table: of(renames.tables, schema.accounts.table),
      login: columnOf(schema.accounts.table)(schema.accounts.login),
      password: columnOf(schema.accounts.table)(schema.accounts.password),
      role: schema.accounts.role && columnOf(schema.accounts.table)(schema.accounts.role),
      admins: schema.accounts.admins.map((value) => renamedRole(value, schema, renames)),
    },
  };
}

function renamedRole(value: string, { accounts, tables }: Schema, renames: Renames): string {
  const table = tables.find(({ name }) => name === accounts?.table);
  const role = table?.columns.find(({ name }) => name === accounts?.role);
  return renames.values.get(`${role?.type}.${value}`) ?? value;
}

function renameTable(table: Table, schema: Schema, renames: Renames): Table {
  const own = (column: string) => newColumnName(table.name, column, renames);
  return {
    ...table,
    name: of(renames.tables, table.name),
    columns: table.columns.map((column) => renameColumn(column, table, schema, renames)),
    uniques: table.uniques.map((columns) => columns.map(own)),
    indexes: table.indexes.map(({ columns }) => ({ columns: columns.map(own) })),
    foreignKeys: table.foreignKeys.map((key) => ({
      ...key,
      columns: key.columns.map(own),
      references: {
        table: of(renames.tables, key.references.table),
        columns: key.references.columns.map((column) => newColumnName(key.references.table, column, renames)),
      },
    })),
    checks: table.checks.map((check) => ({ ...check, left: own(check.left), right: own(check.right) })),
    access: table.access && {
      ...table.access,
      through: table.access.through && own(table.access.through),
      sharedWith: table.access.sharedWith.map(own),
    },
  };
}

function renameColumn(column: Column, table: Table, schema: Schema, renames: Renames): Column {
  const isEnum = schema.enums.some(({ name }) => name === column.type);
  const given = column.default;
  const value = given && 'value' in given && isEnum ? renames.values.get(`${column.type}.${given.value}`) : undefined;
  return {
    ...column,
    name: newColumnName(table.name, column.name, renames),
    type: isEnum ? of(renames.enums, column.type) : column.type,
    default: value === undefined ? given : { value },
    references: column.references && {
      ...column.references,
      table: of(renames.tables, column.references.table),
      column: newColumnName(column.references.table, column.references.column, renames),
    },
  };
}

/** The way back. */
export function inverseRenames(renames: Renames): Renames {
  const behind = (names: ReadonlyMap<string, string>, owners: ReadonlyMap<string, string>) =>
    new Map(
      [...names].map(([key, to]): [string, string] => {
        const dot = key.indexOf('.');
        return [`${of(owners, key.slice(0, dot))}.${to}`, key.slice(dot + 1)];
      }),
    );
  const swapped = (names: ReadonlyMap<string, string>) => new Map([...names].map(([from, to]) => [to, from] as const));
  return {
    tables: swapped(renames.tables),
    columns: behind(renames.columns, renames.tables),
    enums: swapped(renames.enums),
    values: behind(renames.values, renames.enums),
  };
}
