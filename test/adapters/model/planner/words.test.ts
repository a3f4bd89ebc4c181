import { expect, test } from 'vitest';
import {
  editDistance,
  isPlural,
  plural,
  singular,
  snake,
  verbStems,
} from '../../../../src/adapters/model/planner/words.ts';

test.each([
  ['OrderItem', 'order_item'],
  ['order-item', 'order_item'],
  ['HTTPServer', 'http_server'],
  ['naïve Café', 'naive_cafe'],
  ["driver's licence", 'drivers_licence'],
  ['signup', 'sign_up'],
  ['  -- ', ''],
])('%j is compared as %j', (given, want) => {
  expect(snake(given)).toBe(want);
});

test.each([
  ['categories', 'category'],
  ['leaves', 'leave'],
  ['statuses', 'status'],
  ['status', 'status'],
  ['address', 'address'],
  ['order_items', 'order_item'],
  ['data', 'data'],
  ['people', 'person'],
  ['quizzes', 'quiz'],
  ['bonsais', 'bonsai'],
  ['basis', 'basis'],
  ['analyses', 'analysis'],
  ['constructor', 'constructor'],
])('the singular of %s is %s', (given, want) => {
  expect(singular(given)).toBe(want);
});

test('tables are named in the plural of the last word', () => {
  expect(['order_item', 'category', 'person', 'staff', 'quiz'].map(plural)).toEqual([
    'order_items',
    'categories',
    'people',
    'staff',
    'quizzes',
  ]);
  expect([isPlural('posts'), isPlural('post'), isPlural('status')]).toEqual([true, false, false]);
});

test.each([
  ['borrows', 'borrow'],
  ['applied', 'apply'],
  ['rated', 'rate'],
  ['voting', 'vote'],
  ['enrolled', 'enrol'],
  ['watches', 'watch'],
  ['flown', 'fly'],
])('%s may be a form of %s', (given, want) => {
  expect(verbStems(given)).toContain(want);
});

test.each([
  ['tickts', 'tickets', 1],
  ['servcie', 'service', 1],
  ['same', 'same', 0],
  ['table', 'planet', 2],
])('%s and %s are %i apart, or more than the limit', (one, other, want) => {
  expect(editDistance(one, other, 1)).toBe(want);
});
