import { accessOf } from './access.ts';
import { type Column, primaryKey, type Schema, type Table } from './schema.ts';

/**
 * The columns lists of a table are ordered by: when its rows were made, if it says so, then the key. Never null and
 * always visible, so that a page can begin where the last one ended.
 */
export function listOrder(table: Table): readonly Column[] {
  const created = table.columns.filter(
    ({ default: made, nullable, sensitive, primaryKey: isKey }) =>
      made && 'generate' in made && made.generate === 'created' && !nullable && !sensitive && !isKey,
  );
  return [...created.slice(0, 1), ...primaryKey(table)];
}

/** The schema with an index for the order of each list: without it every page would sort the whole table. */
export function withListIndexes(schema: Schema): Schema {
  return { ...schema, tables: schema.tables.map((table) => withOwnLists(withListIndex(table), schema)) };
}

function withListIndex(table: Table): Table {
  const columns = listOrder(table).map((column) => column.name);
  const hasKeyFor = columns.length === primaryKey(table).length;
  return hasKeyFor ? table : withIndex(table, columns);
}

/** People list their own rows, and those that are shared with them, in the same order. */
function withOwnLists(table: Table, schema: Schema): Table {
  const { owner, read, sharedWith } = accessOf(table, schema);
  if (owner?.kind !== 'column' || read !== 'owner') return table;
  const order = listOrder(table).map((column) => column.name);
  return [owner.column, ...sharedWith].reduce(
    (indexed, column) => withIndex(indexed, [column, ...order.filter((name) => name !== column)]),
    table,
  );
}

/** With an index that begins with the columns; the key of a table is one, too. */
function withIndex(table: Table, columns: readonly string[]): Table {
  const key = primaryKey(table).map((column) => column.name);
  const indexes = [key, ...table.indexes.map((index) => index.columns)];
  const exists = indexes.some((index) => columns.every((name, at) => index[at] === name));
  return exists ? table : { ...table, indexes: [...table.indexes, { columns: [...columns] }] };
}
