import { expect, test } from 'vitest';
import { itemsIn, nearestTables, optionalGrowth, readGrowth, tableCalled } from '../../src/domain/growth.ts';
import { parseSchema } from '../../src/domain/schema-rules.ts';
import { SAMPLE_SCHEMAS } from '../support/sample-schemas.ts';

const blog = parseSchema(SAMPLE_SCHEMAS['a blog']);

test.each([
  ['posts need a subtitle', 'posts', ['subtitle']],
  ['Please add a subtitle to the posts table too.', 'posts', ['subtitle']],
  ['every post should also have a price and an e-mail', 'post', ['price', 'email']],
  ['give each post a reading time', 'post', ['reading_time']],
  ['add price, weight in kg & "due date" for posts', 'posts', ['price', 'weight_kg', 'due_date']],
  ['posts get an optional unique code', 'posts', ['code optional unique']],
  ['add a boolean is_hot to posts', 'posts', ['is_hot: boolean']],
  ['add mood to posts: happy, very sad', 'posts', ['mood: happy | very_sad']],
  ['add a status draft/published to posts', 'posts', ['status: draft | published']],
  ['posts have a status: draft, published or archived', 'posts', ['status: draft | published | archived']],
  ['posts need a slug, unique, and a teaser', 'posts', ['slug unique', 'teaser']],
  ['posts have a mood (happy or sad) and a rating (integer)', 'posts', ['mood: happy | sad', 'rating: integer']],
])('%s', (text, place, words) => {
  const said = readGrowth(text);
  expect([said?.place, said?.items.map((item) => item.words)]).toEqual([place, words]);
});

test.each([
  'posts have many pictures with a url and caption',
  'posts have pictures including a url and a caption',
  'each post has many pictures that have a url and a caption',
  'posts have pictures, each with a url and a caption',
  'add pictures with a url and a caption to posts',
  'add pictures with a url and a caption that belong to posts',
])('%s: the properties are those of the pictures', (text) => {
  const items = readGrowth(text)?.items.map(({ name, isMany, fields }) => [
    name,
    isMany,
    fields?.map((one) => one.name),
  ]);
  expect(items).toEqual([['pictures', true, ['url', 'caption']]]);
});

test.each([
  ['posts can have a colour', 'colour optional'],
  ['posts may have a colour', 'colour optional'],
  ['posts maybe have a colour', 'colour optional'],
  ['add a colour to posts, if any', 'colour optional'],
  ['posts can have a required colour', 'colour required'],
  ['posts must have a colour', 'colour'],
  ['posts need a colour', 'colour'],
  ['posts can have many tags', 'tags'],
])('%s: %s', (text, words) => {
  expect(readGrowth(text)?.items.map((item) => item.words)).toEqual([words]);
});

test.each([
  ['posts need a subtitle', 'posts need an optional subtitle'],
  ['add a boolean is_hot to posts', 'posts need an optional boolean is_hot'],
  ['posts must have a mood: happy or sad', 'posts need an optional mood: happy or sad'],
  ['every post needs a subtitle and a mood', 'post can have a subtitle and a mood'],
])('%s: rows may be without it when it is said as %s', (text, other) => {
  expect(optionalGrowth(text)).toBe(other);
  const [hard, soft] = [readGrowth(text), readGrowth(other)];
  expect(soft?.items.map(({ words }) => words)).toEqual(hard?.items.map(({ words }) => `${words} optional`));
  expect(optionalGrowth(other)).toBeNull();
});

test.each([
  ['add tags to posts', true],
  ['posts have a price in euros', false],
  ['posts have many status', true],
  ['add the column notes to posts', false],
  ['posts need an address', false],
])('%s: several a row is %s', (text, isMany) => {
  expect(readGrowth(text)?.items[0]?.isMany).toBe(isMany);
});

test.each([
  'the moon is bright',
  'users can like posts',
  'posts need to be approved',
  'posts need a way to tell everybody that something has happened',
  'add login to users',
  'add books with a title and subtitle',
  'add support for coupons',
  'add price to posts and remove title',
  'posts have a date when it ends',
  'add pictures (url, caption) to posts',
  '',
])('for a model to understand: %j', (text) => {
  expect(readGrowth(text)).toBeNull();
});

test('what a table has already, as a column or as a table that refers to it, is known by its words', () => {
  const items = readGrowth('posts have a title, an author, many comments and many ships')?.items ?? [];
  const found = itemsIn({ table: 'posts', items }, blog).map(({ name }) => name);
  expect(found).toEqual(['title', 'author', 'comments']);
});

test('a table is found whatever its number, and the names nearest to a wrong one come first', () => {
  expect(tableCalled('Post', blog)?.name).toBe('posts');
  expect(tableCalled('pots', blog)).toBeNull();
  expect(nearestTables('pots', blog)[0]).toBe('posts');
  expect(nearestTables('comment', blog)[0]).toBe('comments');
});
