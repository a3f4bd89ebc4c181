import { expect, test } from 'vitest';
import { namedChange, unfound } from '../../src/domain/change-request.ts';
import type { Schema } from '../../src/domain/schema.ts';
import { findProblems, parseSchema } from '../../src/domain/schema-rules.ts';
import { SAMPLE_SCHEMAS } from '../support/sample-schemas.ts';

const blog = parseSchema(SAMPLE_SCHEMAS['a blog']);
const columnOf = (schema: Schema | undefined, table: string, column: string) =>
  schema?.tables.find(({ name }) => name === table)?.columns.find(({ name }) => name === column);

test.each([
  'rename title to headline',
  'Please rename the column "title" of posts to headline.',
  'rename posts.title to headline',
])('a column gets another name: %s', (text) => {
  const found = namedChange(text, blog);
  expect([...(found?.renames ?? [])]).toEqual([['posts.title', 'headline']]);
  expect(columnOf(found?.schema, 'posts', 'headline')).toEqual({
    ...columnOf(blog, 'posts', 'title'),
    name: 'headline',
  });
  expect(findProblems(found?.schema)).toEqual([]);
});

test('a table gets another name, and whatever refers to it follows', () => {
  const found = namedChange('rename posts to article', blog);
  expect([...(found?.renames ?? [])]).toEqual([['posts', 'articles']]);
  expect(columnOf(found?.schema, 'comments', 'post_id')?.references?.table).toBe('articles');
  expect(findProblems(found?.schema)).toEqual([]);
});

test('what is removed is named as gone, with what cannot be without it', () => {
  const found = namedChange('remove posts', blog);
  expect(found?.dropped.has('posts')).toBe(true);
  expect(found?.dropped.has('comments')).toBe(true);
  expect(findProblems(found?.schema)).toEqual([]);
});

test.each([
  ['make title unique', { unique: true }],
  ['title is optional', { nullable: true }],
  ['posts.title should be required', { nullable: false }],
])('%s', (text, change) => {
  expect(columnOf(namedChange(text, blog)?.schema, 'posts', 'title')).toMatchObject(change);
});

test.each([
  'add tags to posts',
  'make created_at unique',
  'rename nothing to something',
  'users can like posts',
  '',
  'remove the ',
])('for somebody else to understand: %j', (text) => {
  expect(namedChange(text, blog)).toBeNull();
});

test('why nothing is changed names what is there as there', () => {
  const accounts = { table: 'users', login: 'email', password: 'password_hash', role: null, admins: [] };
  expect(unfound('drop users', { ...blog, accounts })).toBe('users cannot go: people sign in with them.');
  expect(unfound('make posts unique', blog)).toBe('This cannot be said of all of posts: name a column.');
  expect(unfound('drop horses', blog)).toBe('No table or column is called "horses".');
});
