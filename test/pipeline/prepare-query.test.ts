import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { postgresSql } from '../../src/adapters/sql/postgres/postgres-sql.ts';
import { initialMigration } from '../../src/domain/migration.ts';
import { parseSchema } from '../../src/domain/schema-rules.ts';
import { prepareQuery } from '../../src/pipeline/prepare-query.ts';
import type { SqlSession } from '../../src/ports/sql.ts';
import { makeProjectDatabase, type ProjectDatabase } from '../support/project-database.ts';

/** What whoever writes queries is told when PostgreSQL does not take one: with its own words, and what would mend it. */

const schema = parseSchema({
  version: 1,
  enums: [{ name: 'state', values: ['draft', 'published'] }],
  tables: [
    {
      name: 'authors',
      columns: [
        { name: 'id', type: 'bigint', primaryKey: true, default: { generate: 'identity' } },
        { name: 'name', type: 'text', unique: true },
        { name: 'pen_key', type: 'text', sensitive: true },
      ],
    },
    {
      name: 'posts',
      columns: [
        { name: 'id', type: 'varchar(21)', primaryKey: true, default: { generate: 'id' } },
        { name: 'author_id', type: 'bigint', references: { table: 'authors', column: 'id' } },
        { name: 'title', type: 'text' },
        { name: 'state', type: 'state' },
        { name: 'labels', type: 'text[]', default: { value: '{}' } },
        { name: 'views', type: 'integer' },
      ],
    },
  ],
});

let database: ProjectDatabase;
let app: SqlSession;

beforeAll(async () => {
  database = await makeProjectDatabase(inject('cluster'));
  const { content } = initialMigration(schema, 0);
  await database.admin(`SET ROLE ${database.names.owner}; SET search_path = app; ${content}`);
  app = await postgresSql().connect(database.login('app'));
});
afterAll(async () => {
  await app?.close();
  await database?.drop();
});

const CASES: readonly (readonly [sql: string, state: string, hint: RegExp])[] = [
  [
    'insert into app.posts (id, author_id, title, state, views) select $1, 1, $2, $3, 0 where $2 <> $1',
    '42P08',
    /\$1 is used with two types: write \$1::varchar at each of its places/,
  ],
  ['select $1 is null as missing', '42P18', /nothing says what \$1 is: write its type, as in \$1::text/],
  ['select id from app.posts where views = title', '42883', /give one of them the type of the other/],
  ["select id from app.posts where title = array['a']", '42883', /value = any\(list\)/],
  ['select titel from app.posts', '42703', /perhaps it is posts\.title$/],
  ['select p.author from app.posts as p', '42703', /perhaps it is posts\.author_id$/],
  ['select a.pen_kye from app.authors as a', '42703', /authors has id, name$/],
  ['select id from app.post', '42P01', /perhaps it is posts$/],
  ['select id from app.invoices', '42P01', /there are authors, posts$/],
  ['select authors.name from app.posts', '42P01', /authors stands in no from or join/],
  ['select posts.id from app.posts as p', '42P01', /posts has another name here: use its alias/],
  ['insert into app.authors (name) values ($1, $2)', '42601', /as many values as columns/],
  ['select id from app.posts join app.authors on authors.id = author_id', '42702', /id is in several of the tables/],
  ['select title, count(id) as n from app.posts', '42803', /write the column into group by/],
  ['update app.posts set views = $1::text where id = $2', '42804', /write the expression with ::integer/],
  [
    'insert into app.authors (name, pen_key) values ($1, $2) on conflict (pen_key) do nothing',
    '42P10',
    /on conflict names what is unique, which is authors: \(id\) \(name\)/,
  ],
  ["select id from app.posts where state = 'gone'", '22P02', /state has the values draft, published/],
];

test.each(CASES)('%s is answered with %s and what would mend it', async (sql, state, hint) => {
  const prepared = await prepareQuery(sql, schema, app);
  const problem = 'problem' in prepared ? prepared.problem : 'taken';
  expect(problem).toContain(`(${state})`);
  expect(problem).toMatch(hint);
});

test('a query that is taken gives its types, and the session goes on after one that is not', async () => {
  await prepareQuery('select nothing', schema, app);
  expect(await prepareQuery('select id, views from app.posts where author_id = $1', schema, app)).toEqual({
    parameterTypes: ['bigint'],
    columnTypes: ['character varying', 'integer'],
  });
});
