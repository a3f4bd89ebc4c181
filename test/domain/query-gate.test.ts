import { describe, expect, test } from 'vitest';
import { judgeQuery } from '../../src/domain/query-gate.ts';
import { parseSchema } from '../../src/domain/schema-rules.ts';

const id = { name: 'id', type: 'varchar(21)', default: { generate: 'id' as const }, primaryKey: true };
const text = (name: string, nullable = false) => ({ name, type: 'text', nullable });
const number = (name: string, nullable = false) => ({ name, type: 'integer', nullable });

const schema = parseSchema({
  version: 1,
  enums: [{ name: 'color', values: ['red', 'blue'] }],
  accounts: { table: 'users', login: 'email', password: 'password_hash', role: 'role', admins: ['admin'] },
  tables: [
    {
      name: 'users',
      columns: [
        id,
        { name: 'email', type: 'varchar(254)', unique: true },
        { ...text('password_hash'), sensitive: true },
        { ...text('role', true), protected: true },
        text('name'),
      ],
    },
    {
      name: 'posts',
      columns: [
        id,
        {
          name: 'user_id',
          type: 'varchar(21)',
          references: { table: 'users', column: 'id' },
          default: { generate: 'owner' },
        },
        text('title'),
        text('note', true),
        { ...text('secret_token', true), sensitive: true },
        { name: 'tags', type: 'text[]' },
        { name: 'data', type: 'jsonb', nullable: true },
        { name: 'color', type: 'color' },
        number('stock'),
        { name: 'price', type: 'numeric(12, 2)' },
        { name: 'created_at', type: 'bigint', default: { generate: 'created' } },
        { name: 'day', type: 'date' },
      ],
      access: { read: 'everyone', write: 'owner' },
    },
  ],
});

const GOOD: readonly string[] = [
  'select id, title from app.posts where id = $1',
  'select p.id, u.name as author from posts p join app.users u on u.id = p.user_id order by p.created_at desc limit $1 offset $2',
  'select count(*) as total from app.posts',
  'select user_id, count(*) as posts, max(created_at) as newest from posts group by user_id having count(*) > $1',
  'select id from posts where title ilike $1 and (stock > 0 or user_id = $2) and not note is null',
  "select to_char(to_timestamp(created_at), 'YYYY-MM') as month, sum(price)::numeric(12,2) as total from posts group by 1",
  'with busy as (select user_id, count(*) as n from posts group by user_id) select u.id, coalesce(b.n, 0) as n from users u left join busy b on b.user_id = u.id',
  'select id, row_number() over (partition by user_id order by created_at desc) as place from posts',
  'insert into app.posts (id, user_id, title) values ($1, $2, $3) returning id, title',
  'insert into posts (id, title) values ($1, $2) on conflict (id) do update set title = excluded.title returning id',
  'insert into posts (id, title) select $1, title from app.posts where id = $2',
  'insert into posts (id, title) values ($1, default) on conflict do nothing',
  'update posts set stock = stock - $2 where id = $1 and stock >= $2 returning id, stock',
  'update posts set title = $2 from app.users u where posts.id = $1 and u.id = posts.user_id returning posts.id',
  'update users set name = $2 where id = $1',
  'delete from posts where id = $1 returning id',
  'delete from posts using app.users u where u.id = posts.user_id and u.id = $1',
  'select id from posts where note is null order by created_at limit 1 for update skip locked',
  "select data->>'size' as size, data @> $1::jsonb as fits from posts where data ? 'size'",
  "select id, ts_rank(to_tsvector('english', title), plainto_tsquery('english', $1)) as score from posts where to_tsvector('english', title) @@ plainto_tsquery('english', $1)",
  'select case when stock = 0 then $1 when stock < 10 then $2 else $3 end as state from posts',
  'select exists (select 1 from posts where user_id = $1) as any_post',
  'select id from posts where user_id in (select id from users where name = any($1)) union select id from posts order by 1',
  'select distinct on (user_id) user_id, title from posts order by user_id, created_at desc',
  'select avg(stock) filter (where stock > 0) as mean, percentile_cont(0.5) within group (order by stock) as median from posts',
  'with recursive tree as (select id, user_id, 1 as depth from posts where id = $1 union all select t.id, t.user_id, tree.depth + 1 from posts t join tree on t.user_id = tree.id where tree.depth < 20) select id, depth from tree',
  "select d::date as day, count(o.id) as posts from generate_series($1::date, $2::date, interval '1 day') as d left join posts o on o.day = d::date group by d order by d",
  "select json_agg(json_build_object('id', id, 'title', title) order by title) as posts from posts where created_at between $1 and $2",
  'select array_agg(title order by title) as titles, string_agg(title, $1) as text from posts group by user_id',
  'select greatest(stock, 1) as high, nullif(stock, 0) as other, -stock as minus, (tags)[1] as first from posts where (created_at, id) > ($1, $2)',
  'select l.id, x.title from users l cross join lateral (select title from posts where user_id = l.id limit 1) x',
  "select extract(epoch from now()) as seconds, current_date as today, date_trunc('day', now()) as day",
  "select id from posts where color = 'red'::color and title like '%' || $1 || '%' escape '!'",
  'select user_id, sum(price) as total from posts group by rollup (user_id)',
  'select sum(price) over (order by day rows between 6 preceding and current row) as week from posts',
  "select trim(both ' ' from title) as a, substring(title from 1 for 3) as b, position('a' in title) as c from posts",
  'select id, name from app._profiles where id = $1',
  "select id from posts where title = 'a -- /* no comment */; drop table posts' /* a ; /* nested */ comment */ -- and another",
];

const REFUSED: readonly (readonly [sql: string, reason: RegExp])[] = [
  // S01, S15
  ['select id from posts; drop database x', /one statement/],
  ['select id from posts; commit', /one statement/],
  ['', /one statement/],
  ['/* /* */ */ drop table posts', /DropStmt/],
  ['commit', /TransactionStmt/],
  ['do $$ begin delete from posts; end $$', /DoStmt/],
  // S05
  [`select query_to_xml('delete from posts', true, false, '') as x`, /query_to_xml/],
  [`select pg_catalog.query_to_xml('delete from posts', true, false, '') as x`, /query_to_xml/],
  [`select database_to_xml(true, false, '') as x`, /database_to_xml/],
  [`select word from ts_stat('select to_tsvector(1)') as s(word)`, /ts_stat/],
  [`select ts_rewrite($1, 'select 1') as x`, /ts_rewrite/],
  [`select pg_read_file('/etc/passwd') as x`, /pg_read_file/],
  [`select set_config('app.admin', 'true', true) as x`, /set_config/],
  [`select current_setting('app.account') as x`, /current_setting/],
  [`select pg_sleep(100) as x`, /pg_sleep/],
  [`select pg_advisory_lock(1) as x`, /pg_advisory_lock/],
  [`select nextval('posts_seq') as x`, /nextval/],
  [`select lo_import('/etc/passwd') as x`, /lo_import/],
  [`select dblink('x', 'y') as x`, /dblink/],
  [`select U&"\\0070g_sleep"(1) as x`, /pg_sleep/],
  ['select app.count(id) as x from posts', /app\.count/],
  // S07, S21
  ['create extension dblink', /CreateExtensionStmt/],
  ['copy posts to program $$touch /tmp/x$$', /CopyStmt/],
  ['explain analyze delete from posts', /ExplainStmt/],
  ['merge into posts using users u on u.id = posts.user_id when matched then delete', /MergeStmt/],
  ['call run()', /CallStmt/],
  ['lock posts', /LockStmt/],
  ['listen posts', /ListenStmt/],
  ['prepare x as select 1', /PrepareStmt/],
  ['select id into copied from posts', /intoClause/],
  ['with gone as (delete from posts where true returning id) select id from gone', /only select/],
  ['truncate posts', /TruncateStmt/],
  ['set role postgres', /VariableSetStmt/],
  ['create table t (id int)', /CreateStmt/],
  // S09, S11, S13
  ['select rolname from pg_roles', /no table pg_roles/],
  ['select rolname from pg_catalog.pg_roles', /only tables of the schema/],
  ['select x from other.app.posts', /only tables of the schema/],
  ['select table_name from information_schema.tables', /only tables/],
  ['select id_hash from app._sessions', /no table _sessions/],
  [`select id as "${'a'.repeat(60)}" from posts`, /no name/],
  ['select id as "Id" from posts', /no name/],
  ['select id from posts as "pg_x"', /no name/],
  ['select id\0 from posts', /cannot be seen/],
  ['select id from posts -- \u202e', /cannot be seen/],
  ['\ufeffselect id from posts', /cannot be seen/],
  // Hidden columns, by every road
  ['select password_hash from users', /kept from everybody/],
  ['select u.password_hash as x from users u', /kept from everybody/],
  ['select id from users where password_hash like $1', /kept from everybody/],
  ['select * from users', /\* is not allowed/],
  ['select u.* from users u', /\* is not allowed/],
  ['table users', /\* is not allowed/],
  ['select u as x from users u', /whole row/],
  ['select to_json(users) as x from users', /whole row/],
  ['select (u).password_hash as x from users u', /whole row/],
  ['select row_to_json(u) as x from users u', /row_to_json|whole row/],
  ['select a from users as u(a, b, c, d, e)', /other names/],
  ['select a from (users join posts on true) as j(a, b)', /not to a join/],
  ['select name from users natural join (select $1 as password_hash) x', /natural|kept/],
  ['select name from users join (select $1::text as p) as x(password_hash) using (password_hash)', /kept/],
  ['select count(users) as n from users', /whole row/],
  // Writes
  ['delete from posts', /say which rows/],
  ['update posts set title = $1', /say which rows/],
  ['insert into posts values ($1)', /name the columns/],
  ['insert into users (id, email) values ($1, $2)', /people who sign in/],
  ['delete from users where id = $1', /people who sign in/],
  ["update users set role = 'admin' where id = $1", /role of users cannot be changed/],
  ['update users set email = $2 where id = $1', /email of users cannot be changed/],
  ['update users set password_hash = $2 where id = $1', /cannot be changed|kept/],
  ['update posts set user_id = $2 where id = $1', /user_id of posts cannot be changed/],
  ['insert into posts (id, title) values ($1, $2) on conflict (id) do update set user_id = $1', /user_id/],
  ['insert into _profiles (id) values ($1)', /only tables/],
  ['with posts as (select 1 as id) delete from posts where id = $1', /is a table/],
  // Types, operators, values
  [`select 'posts'::regclass as x`, /regclass/],
  ['select stock operator(pg_catalog.+) 1 as x from posts', /operator/],
  ['select current_user as x', /logs in as/],
  ['select session_user as x', /logs in as/],
  [`select title collate "C" as x from posts`, /CollateClause/],
  ['select xmlparse(document $1) as x', /Xml/],
  ["select json_object('a': 1) as x", /JsonObjectConstructor/],
  ['select id from posts tablesample system (10)', /TableSample/],
  ['declare c cursor for select id from posts', /DeclareCursor/],
  // Parameters and columns
  ['select id from posts where id = $2', /\$1 is not used/],
  ['select id from posts where id = $0', /\$0|syntax/],
  ['select count(*) + 1 from posts', /give column 1 a name/],
  ['select id, title as id from posts', /two columns are called id/],
  [`select id from posts where id in (${Array.from({ length: 60 }, (_, index) => `$${index + 1}`)})`, /at most 50/],
  [`select id from posts where title = '${'x'.repeat(9000)}'`, /at most 8192 bytes/],
  ['selec id from posts', /syntax error/],
];

describe('a query of an endpoint', () => {
  test.each(GOOD)('%s is accepted', async (sql) => {
    expect(await judgeQuery(sql, schema)).toHaveProperty('shape');
  });

  test.each(REFUSED)('%j is refused: %s', async (sql, reason) => {
    const verdict = await judgeQuery(sql, schema);
    expect('refusal' in verdict ? verdict.refusal : 'accepted').toMatch(reason);
  });

  test('tells what it does, how many parameters it has, and what its columns are', async () => {
    const verdict = await judgeQuery(
      '-- the newest\nselect p.id, note, count(*) as total, u.name from posts p join users u on u.id = p.user_id where stock > $1 group by 1, 2, 4',
      schema,
    );
    expect(verdict).toEqual({
      shape: {
        kind: 'read',
        parameters: 1,
        text: expect.stringMatching(/^select p\.id/),
        columns: [
          { name: 'id', nullable: false },
          { name: 'note', nullable: true },
          { name: 'total', nullable: false },
          { name: 'name', nullable: false },
        ],
      },
    });
    const outer = await judgeQuery('select p.id, u.name from posts p left join users u on u.id = p.user_id', schema);
    expect(outer).toMatchObject({ shape: { columns: [{ nullable: true }, { nullable: true }] } });
    const locked = await judgeQuery('select id from posts where id = $1 for update', schema);
    expect(locked).toMatchObject({ shape: { kind: 'write' } });
    const written = await judgeQuery('delete from posts where id = $1', schema);
    expect(written).toMatchObject({ shape: { kind: 'write', columns: [] } });
  });
});
