import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { diffSchemas, expandSchema, findRenames, NO_RENAMES, renderSteps } from '../../src/domain/diff.ts';
import type { Schema, SchemaInput } from '../../src/domain/schema.ts';
import { parseSchema } from '../../src/domain/schema-rules.ts';
import { schemaWithout } from '../../src/domain/schema-without.ts';
import type { SqlSession } from '../../src/ports/sql.ts';
import { CHANGE_NAMES, type Evolution, randomEvolution, seeded } from '../support/evolution.ts';
import { fillFresh, tryEvolution, withDatabase } from '../support/evolution-trial.ts';
import { SAMPLE_SCHEMAS } from '../support/sample-schemas.ts';
import { schemaFile } from '../support/schema-file.ts';

let empty: SqlSession;
let release: () => void;
let closed: Promise<void>;
beforeAll(async () => {
  await new Promise<void>((ready) => {
    closed = withDatabase(inject('cluster'), async (session) => {
      empty = session;
      ready();
      await new Promise<void>((done) => {
        release = done;
      });
    });
  });
});
afterAll(async () => {
  release();
  await closed;
});

const tried = (evolution: Evolution, extra = '') =>
  withDatabase(inject('cluster'), async (session) => {
    await fillFresh(evolution.before, session, 12);
    if (extra !== '') await session.query(extra);
    return tryEvolution(evolution, session, empty);
  });

type TableInput = SchemaInput['tables'][number];

const id = { name: 'id', type: 'varchar(32)', primaryKey: true, default: { generate: 'id' } } as const;
const schemaOf = (tables: TableInput[], enums: SchemaInput['enums'] = []): Schema =>
  parseSchema({ version: 1, tables, enums });
const posts = (...columns: TableInput['columns']): TableInput => ({ name: 'posts', columns: [id, ...columns] });
const title = { name: 'title', type: 'varchar(80)' } as const;
const nothing = { renames: new Map(), dropped: new Set<string>() };
const change = (before: Schema, after: Schema, options: Evolution['options'] = {}): Evolution => ({
  label: '',
  before,
  after,
  options,
});

describe('on rows, a change comes out as a fresh database, keeps what it does not touch, and leads back', () => {
  const random = seeded(42);
  const starts = [
    schemaFile('shop'),
    schemaFile('forum'),
    schemaFile('hostile'),
    parseSchema(SAMPLE_SCHEMAS['circles of tables']),
  ];
  // Every second one as it is made while a service runs.
  const cases = CHANGE_NAMES.flatMap((name, index): [string, Evolution][] => {
    const online = index % 2 === 1;
    const from = [...starts.slice(index % starts.length), ...starts];
    const found = from.map((start) => randomEvolution(start, random, name, 1)).find((made) => made !== null);
    const label = `${index} ${found?.label}${online ? ', online' : ''}`;
    return found ? [[label, { ...found, options: { ...found.options, online } }]] : [];
  });
  test.each(cases)('%s', async (_label, evolution) => {
    const { kind, reason } = await tried(evolution);
    expect([kind, reason].join(' ')).toMatch(/^(converged|refused \d+ )/);
  });

  test('people begin to sign in, and stop doing so', async () => {
    const after = schemaFile('shop');
    const before = schemaWithout(after, { tables: new Set(), columns: new Set(), accounts: true });
    const fills = new Map([[`${after.accounts?.table}.${after.accounts?.password}`, 'x']]);
    expect(await tried(change(before, after, { fills }))).toMatchObject({ kind: 'converged' });
    expect(await tried(change(after, before))).toMatchObject({ kind: 'converged' });
  });

  test('two columns change their names', async () => {
    const before = schemaOf([posts({ ...title, unique: true }, { name: 'slug', type: 'varchar(80)', unique: true })]);
    const columns = new Map([
      ['posts.title', 'slug'],
      ['posts.slug', 'title'],
    ]);
    const renames = { tables: new Map(), columns, enums: new Map(), values: new Map() };
    expect(await tried(change(before, before, { renames }))).toMatchObject({ kind: 'converged' });
  });

  test('texts become values of an enum that gets a new one, which is its default from then on', async () => {
    const status = { name: 'status', type: 'status' } as const;
    const before = schemaOf([posts(status, { name: 'mood', type: 'text' })], [{ name: 'status', values: ['a', 'b'] }]);
    const after = schemaOf(
      [posts({ ...status, default: { value: 'c' } }, { name: 'mood', type: 'status' })],
      [{ name: 'status', values: ['a', 'c', 'b'] }],
    );
    expect(diffSchemas(before, after)).toHaveLength(2);
    expect(await tried(change(before, after), `UPDATE app.posts SET mood = 'a'`)).toMatchObject({ kind: 'converged' });
    expect(await tried(change(before, after))).toMatchObject({
      kind: 'refused',
      reason: '12 values of posts.mood do not fit status',
    });
  });

  test.each([
    ['bigint', 'timestamptz', '1700000000'],
    ['timestamp', 'bigint', "'2024-05-06 07:08:09'"],
    ['text', 'boolean', "'Yes'"],
    ['text', 'integer', "' 12 '"],
    ['numeric(12, 4)', 'smallint', '7'],
    ['boolean', 'bigint', 'true'],
    ['text', 'text[]', "'a'"],
    ['bytea', 'text', "'hello'"],
    ['jsonb', 'numeric', "'3.5'"],
  ])('%s becomes %s', async (from, to, value) => {
    const nullable = true;
    const before = schemaOf([posts({ name: 'n', type: from, nullable })]);
    const after = schemaOf([posts({ name: 'n', type: to, nullable })]);
    expect(await tried(change(before, after), `UPDATE app.posts SET n = ${value}`)).toMatchObject({
      kind: 'converged',
    });
  });
});

describe('what rows do not allow is counted before', () => {
  test.each([
    ['text', 'integer', "'twelve'", '12 values of posts.n do not fit integer'],
    ['integer', 'smallint', '70000', '12 values of posts.n do not fit smallint'],
    ['varchar(30)', 'varchar(3)', "'four'", '12 values of posts.n do not fit varchar(3)'],
    ['inet', 'date', "'10.0.0.1'", '12 values of posts.n: there is no way from inet to date'],
  ])('%s to %s', async (from, to, value, reason) => {
    const before = schemaOf([posts({ name: 'n', type: from, nullable: true })]);
    const after = schemaOf([posts({ name: 'n', type: to, nullable: true })]);
    const outcome = await tried(change(before, after), `UPDATE app.posts SET n = ${value}`);
    expect(outcome).toMatchObject({ kind: 'refused', reason });
  });

  test('a required column without a value, and one value for a unique column', async () => {
    const [before, after] = [schemaOf([posts()]), schemaOf([posts({ ...title, unique: true })])];
    expect(await tried(change(before, after))).toMatchObject({
      kind: 'refused',
      reason: '12 rows of posts would have no title',
    });
    const fills = new Map([['posts.title', "it's"]]);
    expect(await tried(change(before, after, { fills }))).toMatchObject({
      kind: 'refused',
      reason: '12 rows of posts would have the same title, which is unique',
    });
  });

  test('what is taken away is told with a query that counts it', () => {
    const before = schemaOf([posts(title), { name: 'notes', columns: [id] }]);
    const [first] = diffSchemas(before, schemaOf([posts()]));
    expect(first?.up.flatMap(({ losses }) => losses)).toEqual([
      { what: 'rows of notes', sql: 'SELECT count(*) AS n FROM notes' },
      { what: 'values of posts.title', sql: 'SELECT count(*) AS n FROM posts WHERE title IS NOT NULL' },
    ]);
  });
});

test('a migration says above each statement what it is for, and names only what needs quotes in quotes', () => {
  const before = schemaOf([posts({ name: 'order', type: 'text', nullable: true })]);
  const after = schemaOf([posts({ name: 'order', type: 'text', default: { value: "it's" } })]);
  const [segment] = diffSchemas(before, after);
  expect(renderSteps(segment?.up ?? [])).toBe(`-- Set the default of posts.order.
ALTER TABLE posts ALTER COLUMN "order" SET DEFAULT 'it''s';

-- Require posts.order.
UPDATE posts SET "order" = 'it''s' WHERE "order" IS NULL;
ALTER TABLE posts ALTER COLUMN "order" SET NOT NULL;
`);
});

describe('what is expanded serves the code of before and of after, and contracts to the latter', () => {
  const flag = { name: 'pinned', type: 'boolean' } as const;
  const before = schemaOf([posts(title, { name: 'price', type: 'text', nullable: true }, { ...flag, unique: false })]);
  const headline = { name: 'headline', type: 'text' } as const;
  const after = schemaOf([posts(headline, { name: 'price', type: 'text' }, { name: 'views', type: 'integer' })]);
  const renames = findRenames(before, after, { ...nothing, renames: new Map([['posts.title', 'headline']]) }).renames;
  const { schema, copies, refused } = expandSchema(before, after, renames);

  test.each([true, false])('on rows, online: %s', async (online) => {
    expect([refused, [...copies]]).toEqual([[], [['posts.headline', 'title']]]);
    expect(await tried(change(before, schema, { copies, online }))).toMatchObject({ kind: 'converged' });
    const fills = new Map([
      ['posts.views', '0'],
      ['posts.price', 'none'],
    ]);
    // Rows of the old code have no headline, rows of the new one no title.
    const between = change(schema, after, { copies, fills, online });
    const late = "INSERT INTO posts (id, title, pinned) VALUES ('late', 'written by the old code', true)";
    const { kind, reason } = await tried(between, `UPDATE posts SET headline = coalesce(headline, 'x'); ${late}`);
    expect([kind, reason]).toEqual(['converged', '']);
    const none = await tried(between, "INSERT INTO posts (id, pinned) VALUES ('none', true)");
    expect(none).toMatchObject({ kind: 'refused', reason: expect.stringContaining('rows of posts have no headline') });
  });

  test('what cannot be had both ways is refused with the reason', () => {
    const other = schemaOf([posts({ name: 'title', type: 'integer' })]);
    expect(expandSchema(before, other, NO_RENAMES).refused).toEqual([
      expect.stringContaining('posts.title has only one type'),
    ]);
    const tables = new Map([['posts', 'articles']]);
    expect(expandSchema(before, after, { ...NO_RENAMES, tables }).refused).toHaveLength(1);
  });
});

test('the same schema needs nothing', () => {
  for (const name of ['shop', 'forum', 'hostile', 'types'])
    expect(diffSchemas(schemaFile(name), schemaFile(name))).toEqual([]);
});

describe('names', () => {
  const one = schemaOf([posts({ name: 'street', type: 'text' }, { name: 'fax', type: 'varchar(20)' })]);

  test('what can hardly be anything else was renamed', () => {
    const next = schemaOf([posts({ name: 'home_street', type: 'text' }, { name: 'fax', type: 'varchar(20)' })]);
    const { renames, doubts } = findRenames(one, next, nothing);
    expect([...renames.columns]).toEqual([['posts.street', 'home_street']]);
    expect(doubts).toEqual([]);
  });

  test('what may be something else is in doubt, until somebody says it', () => {
    const next = schemaOf([posts({ name: 'street', type: 'text' }, { name: 'website', type: 'varchar(20)' })]);
    expect(findRenames(one, next, nothing).doubts).toEqual([
      { kind: 'column', gone: 'posts.fax', candidates: ['website'] },
    ]);
    const renamed = findRenames(one, next, { ...nothing, renames: new Map([['posts.fax', 'website']]) });
    expect([...renamed.renames.columns]).toEqual([['posts.fax', 'website']]);
    const dropped = findRenames(one, next, { ...nothing, dropped: new Set(['posts.fax']) });
    expect([dropped.doubts, dropped.renames.columns.size]).toEqual([[], 0]);
  });

  test('a table with the same columns got another name; one that shares a single column may have', () => {
    const columns = [id, title, { name: 'body', type: 'text' }];
    const articles = schemaOf([{ name: 'articles', columns }]);
    expect([...findRenames(schemaOf([{ name: 'posts', columns }]), articles, nothing).renames.tables]).toEqual([
      ['posts', 'articles'],
    ]);
    const labels = schemaOf([{ name: 'labels', columns: [id, title] }]);
    expect(findRenames(schemaOf([posts(title)]), labels, nothing).doubts).toEqual([
      { kind: 'table', gone: 'posts', candidates: ['labels'] },
    ]);
  });

  test('what was renamed already is not looked for again', () => {
    const said = { ...nothing, renames: new Map([['posts.title', 'headline']]) };
    expect(findRenames(one, one, said).renames.columns.size).toBe(0);
  });
});

describe('what rows would be without', () => {
  const id = { name: 'id', type: 'varchar(32)', primaryKey: true, default: { generate: 'id' } } as const;
  const email = { name: 'email', type: 'varchar(254)', unique: true } as const;
  const hash = { name: 'password_hash', type: 'text', sensitive: true } as const;
  const obstaclesOf = (before: SchemaInput, after: SchemaInput) =>
    diffSchemas(parseSchema(before), parseSchema(after), { renames: NO_RENAMES })
      .flatMap(({ up }) => up)
      .flatMap(({ obstacles }) => obstacles);
  const members = (...columns: SchemaInput['tables'][number]['columns']) => ({
    ...{ name: 'members', columns: [id, email, ...columns] },
  });

  test('is said by a flag where a value can be typed', () => {
    const card = { name: 'card', type: 'varchar(20)' } as const;
    const found = obstaclesOf({ version: 1, tables: [members()] }, { version: 1, tables: [members(card)] });
    expect(found).toMatchObject([{ fills: 'members.card', hint: expect.stringContaining('--default members.card=') }]);
  });

  test('is not asked for where nobody can type it: the hash of a password, a row of a table that is new', () => {
    const accounts = { table: 'members', login: 'email', password: 'password_hash', role: null, admins: [] };
    const login = obstaclesOf({ version: 1, tables: [members()] }, { version: 1, tables: [members(hash)], accounts });
    const owner = { name: 'shop_id', type: 'varchar(32)', references: { table: 'shops', column: 'id' } } as const;
    const shop = obstaclesOf(
      { version: 1, tables: [members()] },
      { version: 1, tables: [{ name: 'shops', columns: [id] }, members(owner)] },
    );
    const hints = [...login, ...shop].map(({ hint, fills }) => [fills, hint]);
    expect(hints).toEqual([
      [undefined, expect.stringMatching(/hash of a password.*turbobackend create/)],
      [undefined, expect.stringMatching(/shops is new.*turbobackend create/)],
    ]);
  });
});
