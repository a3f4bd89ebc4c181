import { expect, test } from 'vitest';
import { NO_RENAMES } from '../../src/domain/diff.ts';
import type { Schema } from '../../src/domain/schema.ts';
import { parseSchema } from '../../src/domain/schema-rules.ts';
import { findUnknown, NOTHING_UNKNOWN, withoutUnknown, withUnknown } from '../../src/domain/unknown-parts.ts';

/** Tables with an `id` and these columns; `other.id` in place of a type refers to that. */
function schemaOf(tables: Readonly<Record<string, Readonly<Record<string, string>>>>, more: object = {}): Schema {
  return parseSchema({
    version: 1,
    tables: Object.entries(tables).map(([name, columns]) => ({
      name,
      columns: [
        { name: 'id', type: 'text', primaryKey: true },
        ...Object.entries(columns).map(([title, type]) => {
          const [table, column] = type.split('.');
          const isReference = column !== undefined;
          const references = isReference ? { references: { table, column, onDelete: 'cascade' } } : {};
          return { name: title, type: isReference ? 'text' : type, nullable: true, ...references };
        }),
      ],
    })),
    ...more,
  });
}

const known = schemaOf({ posts: { title: 'text' } });
const found = schemaOf({ posts: { title: 'text', score: 'integer' }, audit: { post_id: 'posts.id' } });
const unknown = findUnknown(found, [known], new Set());
const namesOf = ({ tables }: Schema) =>
  tables.map(({ name, columns }) => `${name}: ${columns.map((column) => column.name).join(' ')}`);

test('tables and columns that no schema has are unknown, unless somebody named them', () => {
  expect([...unknown.tables, ...unknown.columns]).toEqual(['audit', 'posts.score']);
  expect(findUnknown(found, [known], new Set(['audit', 'posts.score']))).toEqual(NOTHING_UNKNOWN);
  expect(findUnknown(found, [null, found], new Set())).toEqual(NOTHING_UNKNOWN);
});

test('what is unknown is left out where a change is planned, and is there again in what it leads to', () => {
  expect(namesOf(withoutUnknown(found, unknown))).toEqual(['posts: id title']);
  const wanted = schemaOf({ posts: { title: 'text', subtitle: 'text' } });
  expect(namesOf(withUnknown(wanted, found, unknown, NO_RENAMES))).toEqual([
    'posts: id title subtitle score',
    'audit: id post_id',
  ]);
});

test('without anything unknown the schemas are those that were given', () => {
  expect(withoutUnknown(found, NOTHING_UNKNOWN)).toBe(found);
  expect(withUnknown(known, found, NOTHING_UNKNOWN, NO_RENAMES)).toBe(known);
});

test('what is unknown follows the new name of what it hangs on', () => {
  const renames = { ...NO_RENAMES, tables: new Map([['posts', 'articles']]) };
  const grown = withUnknown(schemaOf({ articles: { title: 'text' } }), found, unknown, renames);
  expect(namesOf(grown)).toEqual(['articles: id title score', 'audit: id post_id']);
  const [reference] = grown.tables[1]?.columns.flatMap(({ references }) => (references ? [references] : [])) ?? [];
  expect(reference?.table).toBe('articles');
});

test('rules and types of unknown columns come along', () => {
  const enums = [{ name: 'mood', values: ['good', 'bad'] }];
  const there = schemaOf({ posts: { title: 'text', mood: 'mood' } }, { enums });
  const grown = withUnknown(known, there, findUnknown(there, [known], new Set()), NO_RENAMES);
  expect([namesOf(grown), grown.enums.map(({ name }) => name)]).toEqual([['posts: id title mood'], ['mood']]);
});

test('what something unknown refers to may not go without a word', () => {
  const wanted = schemaOf({ pages: { title: 'text' } });
  expect(() => withUnknown(wanted, found, unknown, NO_RENAMES)).toThrow(
    expect.objectContaining({ code: 'migration.refused', message: expect.stringContaining('audit refers to posts') }),
  );
});
