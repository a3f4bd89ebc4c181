import { expect, test } from 'vitest';
import { planner } from '../../src/adapters/model/planner/planner.ts';
import { parseRequest } from '../../src/domain/request.ts';
import { EMPTY_SCHEMA, type Schema } from '../../src/domain/schema.ts';
import { parseSchema } from '../../src/domain/schema-rules.ts';
import { understandChange } from '../../src/pipeline/understand-change.ts';
import { projectOf, readSchema } from '../support/generated-projects.ts';
import { outline, shippedLexicon } from '../support/planner.ts';
import { SAMPLE_SCHEMAS } from '../support/sample-schemas.ts';

const model = planner({ lexicon: await shippedLexicon() });
const blog = parseSchema(SAMPLE_SCHEMAS['a blog']);
const shop = readSchema('shop');

const understand = (text: string, schema: Schema) =>
  understandChange({ directory: '/nowhere', project: projectOf(schema) }, parseRequest(text), { model });

/** The lines of the outline that a sentence changes. */
async function changed(text: string, schema = blog): Promise<readonly string[]> {
  const { after } = await understand(text, schema);
  const before = new Set(outline(schema));
  return outline(after).filter((line) => !before.has(line));
}

test('a sentence about a table adds the column to it, with the type its name tells', async () => {
  const lines = await Promise.all(
    ['posts need a delivery note', 'add price to posts too'].map((text) => changed(text)),
  );
  expect(lines.map((found) => found.length)).toEqual([1, 1]);
  expect(lines[0]?.[0]).toMatch(/^posts\(.*delivery_note\?\)/);
  expect(lines[1]?.[0]).toMatch(/^posts\(.*price_cents\)/);
});

test('what is a thing of its own gets a table, and what is a table is referred to', async () => {
  expect(await changed('posts need a courier')).toEqual([
    expect.stringMatching(/^couriers\(name/),
    expect.stringMatching(/^posts\(.*courier_id>couriers\?/),
  ]);
  expect(await changed('add tags to comments')).toEqual(['comment_tags(comment_id>comments, tag_id>tags)']);
  expect(await changed('add photos to posts')).toContainEqual(expect.stringMatching(/^photos\(.*post_id>posts/));
});

test("what is said of a new thing is the thing's own, and nothing of it comes to the table that has it", async () => {
  for (const text of [
    'posts have many pictures with a url and caption',
    'posts have pictures that have a url and a caption',
    'add pictures (url, caption) to posts',
  ]) {
    expect([text, await changed(text)]).toEqual([
      text,
      [expect.stringMatching(/^pictures\(post_id>posts, url, caption\?.*\)/)],
    ]);
  }
  expect(await changed('each post has a publisher with a name and an address')).toEqual([
    expect.stringMatching(/^posts\(.*publisher_id>publishers\?\)/),
    expect.stringMatching(/^publishers\(name!?, address\)/),
  ]);
});

test('properties of a thing that is a table come to that table, and to it alone', async () => {
  expect(await changed('posts have comments with a rating')).toEqual([
    expect.stringMatching(/^comments\(.*, rating\)/),
  ]);
  await expect(understand('posts need a mood and comments with a rating', blog)).rejects.toMatchObject({
    code: 'request.unclear',
  });
});

test('what something can have is optional, and what it needs is not', async () => {
  expect(await changed('posts can have a colour')).toEqual([expect.stringMatching(/color\?\)/)]);
  expect(await changed('posts need an optional subtitle')).toEqual([expect.stringMatching(/subtitle\?\)/)]);
  expect(await changed('posts must have a subtitle')).toEqual([expect.stringMatching(/subtitle\)/)]);
});

test('what is there already changes nothing and is no error', async () => {
  for (const text of ['posts need a title', 'posts have comments', 'make title required']) {
    expect([text, await changed(text)]).toEqual([text, []]);
  }
});

test.each([
  ['the moon is bright', /the moon is bright/],
  ['zebras dance quietly', /Not understood: .*zebras/],
  ['rename nothing to something', /No table or column is called "nothing"/],
  ['make created_at unique', /Several are called "created_at": say which of .*posts\.created_at/],
  ['rename title of books to headline', /There is no table "books"/],
  ['books need a subtitle', /There is no table "books"\. There are: /],
  ['add a subtitle to "; DROP TABLE posts', /Not understood|There is no table/],
])('%s: refused with the words', async (text, message) => {
  await expect(understand(text, blog)).rejects.toMatchObject({
    code: 'request.unclear',
    message: expect.stringMatching(message),
    hint: expect.stringContaining('"'),
  });
});

test('the hint to a table that is not there leads to one', async () => {
  const error = await understand('books need a subtitle', blog).catch((reason: unknown) => reason);
  const sentence = /evolve "(.*)"/.exec(String((error as { hint?: string }).hint))?.[1] ?? '';
  expect(sentence).toBe('add books with a subtitle');
  expect(await changed(sentence)).toEqual([expect.stringMatching(/^books\(.*subtitle/)]);
});

test('what people sign in with stays, in words', async () => {
  for (const text of ['make username optional', 'remove username of customers', 'make password_hash empty']) {
    await expect(understand(text, shop)).rejects.toMatchObject({
      code: 'schema.invalid',
      message: expect.stringMatching(/sign in/),
    });
  }
});

test('a project without tables cannot grow', async () => {
  await expect(understand('posts need a subtitle', EMPTY_SCHEMA)).rejects.toMatchObject({ code: 'project.incomplete' });
});
