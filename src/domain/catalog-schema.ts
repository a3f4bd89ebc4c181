import type { Catalog, CatalogColumn, CatalogConstraint, CatalogTable } from './catalog.ts';
import { checkOf, comparisonOf, defaultOf } from './catalog-schema/expressions.ts';
import { formatColumnType, parseColumnType } from './column-type.ts';
import { isPlainIdentifier } from './identifier.ts';
import type { Column, ReferentialAction, Schema, Table } from './schema.ts';

/** A schema read from a database, and what of the database it does not say. */
export interface ReadSchema {
  readonly schema: Schema;
  /** Names of what no schema can say: views, triggers, columns of other types, …; left alone by whoever changes it. */
  readonly beyond: readonly string[];
}

const ACTIONS: Readonly<Record<string, ReferentialAction>> = {
  'NO ACTION': 'no-action',
  RESTRICT: 'restrict',
  CASCADE: 'cascade',
  'SET NULL': 'set-null',
};

/**
 * The schema a database was made from, as far as a database tells. What it cannot tell (who may do what, what is
 * sensitive, which key the backend makes) is taken from `hint` where tables and columns have the same names. The tables
 * of the backend itself are left out. Pure.
 */
export function schemaOfCatalog(catalog: Catalog, hint: Schema): ReadSchema {
  const beyond: string[] = [];
  const own = catalog.tables.filter(({ name }) => !name.startsWith('_'));
  const enums = catalog.enums.filter(({ name }) => isPlainIdentifier(name));
  const readable = own.filter((table) => {
    if (isPlainIdentifier(table.name)) return true;
    beyond.push(table.name);
    return false;
  });
  const known = new Set(enums.map(({ name }) => name));
  const tables = readable.map((table) => tableOf(table, known, hint, beyond));
  beyond.push(
    ...catalog.views.filter(({ name }) => !name.startsWith('_')).map(({ name }) => name),
    ...catalog.others.map(({ name }) => name),
  );
  const used = new Set(tables.flatMap(({ columns }) => columns.map(({ type }) => type)));
  return {
    schema: {
      version: 1,
      tables,
      enums: enums.filter(({ name }) => used.has(name)),
      accounts: accountsIn(catalog, hint),
    },
    beyond,
  };
}

/** Sessions tell that people sign in, and as rows of which table. */
function accountsIn(catalog: Catalog, hint: Schema): Schema['accounts'] {
  const sessions = catalog.tables.find(({ name }) => name === '_sessions');
  const table = sessions?.constraints.find(({ kind }) => kind === 'foreign')?.target?.table;
  return hint.accounts && hint.accounts.table === table ? hint.accounts : null;
}

function tableOf(table: CatalogTable, enums: ReadonlySet<string>, hint: Schema, beyond: string[]): Table {
  const like = hint.tables.find(({ name }) => name === table.name);
  const tell = (name: string) => beyond.push(`${table.name}: ${name}`);
  const of = (kind: CatalogConstraint['kind']) => table.constraints.filter((constraint) => constraint.kind === kind);
  const columns = table.columns.flatMap((column): Column[] => {
    const read = columnOf(column, table, enums, like);
    if (!read) tell(column.name);
    return read ? [read] : [];
  });
  const names = new Set(columns.map(({ name }) => name));
  const isRead = (list: readonly string[]) => list.every((name) => names.has(name));
  const comparisons = of('check').flatMap((check) => {
    const comparison = comparisonOf(check);
    if (!comparison && !isColumnCheck(check, table)) tell(check.name);
    return comparison && isRead([comparison.left, comparison.right]) ? [comparison] : [];
  });
  for (const { name } of [...of('other'), ...table.triggers]) tell(name);
  const plain = table.indexes.filter(({ unique, columns: list, definition }) => {
    return !unique && list !== null && isRead(list) && definition === `USING btree (${list.map(quoted).join(', ')})`;
  });
  for (const { name } of table.indexes.filter((index) => !plain.includes(index))) tell(name);
  return {
    name: table.name,
    description: table.comment ?? '',
    columns,
    uniques: of('unique')
      .map((unique) => unique.columns)
      .filter((list) => list.length > 1 && isRead(list)),
    indexes: plain.map((index) => ({ columns: index.columns ?? [] })),
    foreignKeys: of('foreign')
      .filter((key) => key.columns.length > 1 && isRead(key.columns))
      .map((key) => ({ columns: key.columns, ...targetOf(key) })),
    checks: inOrderOf(like?.checks, comparisons),
    access: like?.access ?? null,
  };
}

/** Names of twins depend on their order, which a catalog does not know. */
function inOrderOf<T>(wanted: readonly T[] = [], found: readonly T[]): readonly T[] {
  const places = wanted.map((item) => JSON.stringify(item));
  const placeOf = (item: T) => places.indexOf(JSON.stringify(item)) + 1 || places.length + 1;
  return found.toSorted((one, other) => placeOf(one) - placeOf(other));
}

const quoted = (name: string): string => (isPlainIdentifier(name) ? name : `"${name}"`);

const isColumnCheck = (check: CatalogConstraint, table: CatalogTable): boolean => {
  const [first, more] = check.columns;
  const column = table.columns.find(({ name }) => name === first);
  return column !== undefined && more === undefined && checkOf(check, column) !== null;
};

function targetOf({ target, definition }: CatalogConstraint) {
  const action = (event: string): ReferentialAction => {
    const found = new RegExp(`ON ${event} (CASCADE|RESTRICT|SET NULL)`).exec(definition)?.[1] ?? 'NO ACTION';
    return ACTIONS[found] ?? 'no-action';
  };
  return {
    references: { table: target?.table ?? '', columns: target?.columns ?? [] },
    onDelete: action('DELETE'),
    onUpdate: action('UPDATE'),
  };
}

function columnOf(
  column: CatalogColumn,
  table: CatalogTable,
  enums: ReadonlySet<string>,
  hint: Table | undefined,
): Column | null {
  const parsed = parseColumnType(column.type);
  const label = column.type.replace(/^"(.*)"$/, '$1');
  const type = parsed ? formatColumnType(parsed) : enums.has(label) ? label : null;
  if (type === null || column.generated !== null || !isPlainIdentifier(column.name)) return null;
  const like = hint?.columns.find(({ name }) => name === column.name);
  const single = (kind: CatalogConstraint['kind']) =>
    table.constraints.filter(
      ({ kind: other, columns }) => other === kind && columns.length === 1 && columns[0] === column.name,
    );
  const [foreign] = single('foreign');
  const key = table.constraints.find(({ kind }) => kind === 'primary');
  const check = single('check')
    .map((constraint) => checkOf(constraint, column))
    .find((found) => found !== null);
  const target = foreign ? targetOf(foreign) : null;
  return {
    name: column.name,
    type,
    description: column.comment ?? '',
    nullable: !column.notNull,
    default: defaultOf(column, type, like?.default ?? null),
    unique: single('unique').length > 0,
    primaryKey: key?.columns.includes(column.name) ?? false,
    references: target
      ? {
          table: target.references.table,
          column: target.references.columns[0] ?? '',
          onDelete: target.onDelete,
          onUpdate: target.onUpdate,
        }
      : null,
    check: check ?? null,
    sensitive: like?.sensitive ?? false,
    protected: like?.protected ?? false,
  };
}
