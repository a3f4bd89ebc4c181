import type { Column } from '../../../domain/schema.ts';
import type { Resource } from '../resource.ts';
import { entry, listed, quoted } from '../source.ts';
import { keyValues, outputList, sqlNames, statement, tableName, whereKey } from './statements.ts';

/** The usual lists, and what all others are made of. */
export function collectionPart(resource: Resource): string {
  const { table, key } = resource;
  const order = sqlNames(resource.order);
  const places = order.map((_, index) => `$${index + 2}`);
  const together = (items: readonly string[]) => (items.length === 1 ? items.join() : `(${items.join(', ')})`);
  const select = [outputList(resource, 'select', null), `from ${tableName(resource)}`];
  const sorted = `order by ${order.join(', ')}`;
  const names = (columns: readonly Column[]) => columns.map(({ name }) => quoted(name));
  return [
    statement('LIST', resource, 'list', [...select, sorted, 'limit $1 offset $2']),
    '',
    statement('LIST_AFTER', resource, 'after', [
      ...select,
      `where ${together(order)} > ${together(places)}`,
      sorted,
      'limit $1',
    ]),
    '',
    '/** How the rows are listed. */',
    'export const collection: Collection = {',
    `  ${entry('name', quoted(table.name))},`,
    `  ${entry('from', quoted(tableName(resource)))},`,
    '  columns,',
    `  ${listed('key: [', names(key), '],', 2)}`,
    `  ${listed('order: [', names(resource.order), '],', 2)}`,
    '  list: LIST,',
    '  after: LIST_AFTER,',
    '};',
  ].join('\n');
}

/** One row by its key. */
export function findPart(resource: Resource): string {
  const lines = [outputList(resource, 'select'), `from ${tableName(resource)}`, whereKey(resource)];
  return [
    statement('FIND', resource, 'find', lines),
    '',
    'export function find(key: Key): Promise<Stored<Row> | undefined> {',
    `  ${listed('return readRow(FIND, [', keyValues(resource), ']);', 2)}`,
    '}',
  ].join('\n');
}
