import { expect, test } from 'vitest';
import { listOrder, withListIndexes } from '../../src/domain/list-order.ts';
import { parseSchema } from '../../src/domain/schema-rules.ts';

const id = { name: 'id', type: 'varchar', primaryKey: true, default: { generate: 'id' as const } };
const made = { name: 'made_at', type: 'bigint', default: { generate: 'created' as const } };

const cases: [string, { columns: object[]; order: string[]; indexes: string[][] }][] = [
  ['the time of creation and the key', { columns: [id, made], order: ['made_at', 'id'], indexes: [['made_at', 'id']] }],
  ['the key alone, whose own index serves', { columns: [id], order: ['id'], indexes: [] }],
  ['the key, when the time may be null', { columns: [id, { ...made, nullable: true }], order: ['id'], indexes: [] }],
  ['the key, when the time is hidden', { columns: [id, { ...made, sensitive: true }], order: ['id'], indexes: [] }],
];

test.each(cases)('a list is ordered by %s', (_name, { columns, order, indexes }) => {
  const schema = parseSchema({ version: 1, tables: [{ name: 'things', columns }] });
  const [table] = schema.tables;
  expect(table && listOrder(table).map((column) => column.name)).toEqual(order);
  const indexed = withListIndexes(schema);
  expect(indexed.tables[0]?.indexes.map((index) => index.columns)).toEqual(indexes);
  expect(withListIndexes(indexed)).toEqual(indexed);
});
