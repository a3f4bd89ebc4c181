import { expect, test } from 'vitest';
import { namedChange } from '../../src/domain/change-request.ts';
import { ruleChange } from '../../src/domain/rule-request.ts';
import type { Schema } from '../../src/domain/schema.ts';
import { findProblems, parseSchema } from '../../src/domain/schema-rules.ts';

const key = { name: 'id', type: 'varchar', primaryKey: true, default: { generate: 'id' } };
const shop = parseSchema({
  version: 1,
  enums: [{ name: 'order_status', values: ['new', 'paid'] }],
  tables: [
    {
      name: 'orders',
      columns: [
        key,
        { name: 'status', type: 'order_status', default: { value: 'new' } },
        { name: 'quantity', type: 'integer' },
        { name: 'note', type: 'text' },
      ],
    },
    {
      name: 'products',
      columns: [
        key,
        { name: 'price', type: 'numeric(12, 2)' },
        { name: 'name', type: 'text', check: { minLength: 1 } },
        { name: 'hidden', type: 'boolean' },
      ],
    },
  ],
});
const columnOf = (schema: Schema | null | undefined, place: string) => {
  const [table, column] = place.split('.');
  return schema?.tables.find(({ name }) => name === table)?.columns.find(({ name }) => name === column);
};

test.each([
  ['price must be positive', 'products.price', { min: 0.01 }],
  ['the quantity of orders must be greater than zero', 'orders.quantity', { min: 1 }],
  ['prices may not be negative', 'products.price', { min: 0 }],
  ['quantity must be at least 2', 'orders.quantity', { min: 2 }],
  ['the quantity of an order can be at most 99', 'orders.quantity', { max: 99 }],
  ['quantity is between 1 and 10', 'orders.quantity', { min: 1, max: 10 }],
  ['note at most 120 characters', 'orders.note', { maxLength: 120 }],
  ['products.name must have at least 3 letters', 'products.name', { minLength: 3 }],
])('%s', (sentence, place, check) => {
  const after = namedChange(sentence, shop)?.schema;
  expect(columnOf(after, place)?.check).toMatchObject(check);
  expect(findProblems(after)).toEqual([]);
});

test.each([
  ['orders can be cancelled', ['new', 'paid', 'cancelled']],
  ['add refunded to the status of orders', ['new', 'paid', 'refunded']],
  ['add "on hold" to the order status', ['new', 'paid', 'on_hold']],
  ['an order can be paid', ['new', 'paid']],
])('%s: one more value, once', (sentence, values) => {
  const after = ruleChange(sentence, shop);
  expect(after?.enums[0]?.values).toEqual(values);
});

test.each([
  ['the default status is paid', 'orders.status', 'paid'],
  ['hidden defaults to no', 'products.hidden', false],
  ['the default of quantity is 1', 'orders.quantity', 1],
])('%s', (sentence, place, value) => {
  expect(columnOf(ruleChange(sentence, shop), place)?.default).toEqual({ value });
});

test('an index comes once', () => {
  const after = ruleChange('add an index on status of orders', shop);
  expect(after?.tables[0]?.indexes).toEqual([{ columns: ['status'] }]);
  expect(after && ruleChange('add an index on status of orders', after)).toEqual(after);
});

test.each([
  'add tags to orders',
  'orders can be tagged',
  'comments can be nested',
  'name must be positive',
  'status is between 1 and 3',
  'the default status is lost',
  'the default of quantity is many',
  'add refunded to the price',
  'price at most ten',
  'note must be at least -1',
  '',
])('no rule for a column that is there: %j', (sentence) => {
  expect(ruleChange(sentence, shop)).toBeNull();
});

test.each([
  ['the note of an order should be called remark', 'orders.note', 'remark'],
  ['please rename orders.note to remark', 'orders.note', 'remark'],
])('another name: %s', (sentence, from, to) => {
  expect([...(namedChange(sentence, shop)?.renames ?? [])]).toEqual([[from, to]]);
});

test.each(['we no longer need products', "we don't need products any more", 'get rid of the products table'])(
  'gone: %s',
  (sentence) => {
    expect([...(namedChange(sentence, shop)?.dropped ?? [])]).toEqual(['products']);
  },
);

test('two words about one column are both heard', () => {
  const after = namedChange('note should be unique and optional', shop)?.schema;
  expect(columnOf(after, 'orders.note')).toMatchObject({ unique: true, nullable: true });
});
