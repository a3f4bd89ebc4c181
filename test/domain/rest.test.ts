import { expect, test } from 'vitest';
import { inputFields, patchFields, resourcePath } from '../../src/domain/rest.ts';
import { type Table, tableSchema } from '../../src/domain/schema.ts';

function table(columns: readonly object[]): Table {
  return tableSchema.parse({ name: 'things', columns });
}

test.each([
  ['posts', '/posts'],
  ['order_items', '/order-items'],
  ['health', '/_health'],
  ['ready', '/_ready'],
  ['health_checks', '/health-checks'],
])('the table %s lies at %s', (name, path) => {
  expect(resourcePath({ name })).toBe(path);
});

test('no two tables share a path, and none takes one of the backend itself', () => {
  const names = ['health', 'ready', 'a_b', 'ab', 'a__b', 'a_b_', 'health_'];
  const paths = names.map((name) => resourcePath({ name }));
  expect(new Set([...paths, '/health', '/ready']).size).toBe(names.length + 2);
});

test('a key is given once and never changed', () => {
  const link = table([
    { name: 'post_id', type: 'text', primaryKey: true },
    { name: 'note', type: 'text' },
    { name: 'created_at', type: 'bigint', default: { generate: 'created' } },
  ]);
  expect(inputFields(link).map(({ name }) => name)).toEqual(['post_id', 'note']);
  expect(patchFields(link).map(({ name }) => name)).toEqual(['note']);
});

test('a table of nothing but its key and what the server makes has no change', () => {
  const link = table([
    { name: 'post_id', type: 'text', primaryKey: true },
    { name: 'tag_id', type: 'text', primaryKey: true },
    { name: 'created_at', type: 'bigint', default: { generate: 'created' } },
  ]);
  expect(patchFields(link)).toEqual([]);
});
