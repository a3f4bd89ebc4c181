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
  return { ...schema, tables: schema.tables.map((table) => withListIndex(table)) };
}

function withListIndex(table: Table): Table {
  const columns = listOrder(table).map((column) => column.name);
  const hasKeyFor = columns.length === primaryKey(table).length;
  const exists = table.indexes.some((index) => columns.every((name, at) => index.columns[at] === name));
  return hasKeyFor || exists ? table : { ...table, indexes: [...table.indexes, { columns }] };
}
