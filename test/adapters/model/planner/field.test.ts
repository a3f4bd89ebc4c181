import { expect, test } from 'vitest';
import { readField, splitFields } from '../../../../src/adapters/model/planner/field.ts';
import { shippedLexicon } from '../../../support/planner.ts';

const cases: [string, object][] = [
  ['price:decimal', { name: 'price', sqlType: 'numeric(12, 2)' }],
  ['sku unique', { name: 'sku', unique: true }],
  ['email (unique)', { name: 'email', unique: true }],
  ['note?: string', { name: 'note', kind: 'long', nullable: true }],
  ['due date optional', { name: 'due_date', nullable: true }],
  ["stage: 'lead' | 'won'", { name: 'stage', values: ['lead', 'won'] }],
  ['status (draft/published)', { name: 'status', values: ['draft', 'published'] }],
  ['rating 1-5', { name: 'rating', min: 1, max: 5 }],
  ['quantity INTEGER NOT NULL', { name: 'quantity', sqlType: 'integer', nullable: false }],
  ['name VARCHAR(80)', { name: 'name', sqlType: 'varchar(80)' }],
  ['done: boolean', { name: 'done', kind: 'boolean' }],
  ['start date', { name: 'start_date' }],
  ['hidden reserve price or none', { name: 'reserve_price', nullable: true }],
  ['price at that moment', { name: 'price' }],
  ['firstName', { name: 'first_name' }],
  ['amount: number', { name: 'amount', kind: 'money' }],
  ['shoeSize: number', { name: 'shoe_size', kind: 'number' }],
];

test.each(cases)('the field %j is understood', async (given, want) => {
  const { column } = readField(given, await shippedLexicon()) ?? {};
  const said = Object.fromEntries(Object.entries(column ?? {}).filter(([, value]) => value !== undefined));
  expect(said).toEqual(want);
});

test('references are told from types', async () => {
  const lexicon = await shippedLexicon();
  expect(readField('user_id INT REFERENCES users(id) ON DELETE CASCADE', lexicon)?.references).toBe('users');
  expect(readField('author: User', lexicon)?.references).toBe('user');
  expect(readField('title: String', lexicon)?.references).toBeNull();
  expect(readField('id INT PRIMARY KEY', lexicon)?.primaryKey).toBe(true);
  expect(readField('?!', lexicon)).toBeNull();
});

test('fields end at separators that stand in no bracket or quotation', () => {
  expect(splitFields('a, b (c, d); e: "f, g"\nh')).toEqual(['a', 'b (c, d)', 'e: "f, g"', 'h']);
  expect(splitFields('reps x weight')).toEqual(['reps', 'weight']);
});
