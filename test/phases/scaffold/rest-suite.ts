import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { nitroBuilder } from '../../../src/adapters/builder/nitro/nitro-builder.ts';
import type { Framework } from '../../../src/domain/framework.ts';
import type { Schema } from '../../../src/domain/schema.ts';
import { parseSchema } from '../../../src/domain/schema-rules.ts';
import { cheapenHashes } from '../../support/cheap-hashes.ts';
import {
  buildWorker,
  connectProject,
  type RunningServer,
  readSchema,
  repositoryRoot,
  startBuilt,
  writeProject,
} from '../../support/generated-projects.ts';
import { makeProjectDatabase, type ProjectDatabase } from '../../support/project-database.ts';
import { describeJsonPages } from './json-pages.ts';
import { describeLargePages } from './large-pages.ts';

const workerPath = await buildWorker();

/** What lists, rows and bodies can do, asked of one project with tables of every kind. */
export function describeRest(framework: Framework): void {
  const directory = join(mkdtempSync(join(tmpdir(), 'tb-rest-')), 'project');
  const builder = nitroBuilder({ packageRoot: repositoryRoot, workerPath });
  let database: ProjectDatabase;
  let server: RunningServer;

  function everything(): Schema {
    const parts = [readSchema('blog'), readSchema('types'), readSchema('hostile')];
    const value = { name: 'v', type: 'text', nullable: true };
    const odd = ['text[]', 'jsonb'].map((type, at) => ({
      name: `odd_${at}`,
      columns: [{ name: 'k', type, primaryKey: true }, value],
    }));
    const tables = [...parts.flatMap((part) => part.tables), ...odd];
    return parseSchema({ version: 1, tables, enums: parts.flatMap(({ enums }) => enums) });
  }

  beforeAll(async () => {
    await writeProject(directory, everything(), framework);
    cheapenHashes(directory);
    await builder.build(directory);
    database = await makeProjectDatabase(inject('cluster'));
    await connectProject(directory, everything(), database);
    server = await startBuilt(directory);
  });

  afterAll(async () => {
    await builder.close();
    expect(await server.stop()).toBe(0);
    await database.drop();
    rmSync(join(directory, '..'), { recursive: true, force: true });
  });

  type Row = Readonly<Record<string, unknown>>;

  interface Answer {
    readonly status: number;
    readonly headers: Headers;
    readonly body: Row;
  }

  async function send(method: string, path: string, body?: unknown, headers: object = {}): Promise<Answer> {
    const answer = await fetch(server.url + path, {
      method,
      ...(body !== undefined && { body: JSON.stringify(body) }),
      headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
    });
    const text = await answer.text();
    return { status: answer.status, headers: answer.headers, body: text === '' ? {} : JSON.parse(text) };
  }

  test('every list that the README asks for is answered', async () => {
    const readme = readFileSync(join(directory, 'README.md'), 'utf8');
    const [, path = '', filtered = ''] = /curl -g 'http:\/\/localhost:3000([^'?]+)(\?[^']+)'/.exec(readme) ?? [];
    const others = [...readme.matchAll(/`(\?(?:(?:sort|fields|include)=|\w+\[\w+\]=)[^`]+)`/g)].map(
      ([, query]) => query,
    );
    expect([filtered, ...others]).toHaveLength(6);
    for (const query of [filtered, ...others])
      expect(await send('GET', path + query), query).toMatchObject({ status: 200 });
  });

  async function make(path: string, body: object): Promise<Row> {
    const answer = await send('POST', path, body);
    expect(answer).toMatchObject({ status: 201 });
    return answer.body;
  }

  function rowsOf(value: unknown): readonly Row[] {
    if (!Array.isArray(value)) throw new Error(`no list: ${JSON.stringify(value)}`);
    return value;
  }

  /** One column of the rows of a list. */
  async function listed(path: string, column = 'slug'): Promise<unknown[]> {
    const { status, body } = await send('GET', path);
    expect({ status, body }).toMatchObject({ status: 200 });
    return rowsOf(body.data).map((row) => row[column]);
  }

  const query = (parameters: Record<string, string>) => new URLSearchParams(parameters).toString();

  let authors: readonly Row[] = [];
  let posts: readonly Row[] = [];

  beforeAll(async () => {
    const people = ['ada', 'bob'].map((name) => ({ email: `${name}@example.com`, name, password: 'correct-horse' }));
    authors = rowsOf((await send('POST', '/users', people)).body.data);
    const titles = ['100% sure', 'a_b', 'a,b', 'back\\slash', 'plain'];
    posts = rowsOf(
      (
        await send(
          'POST',
          '/posts',
          titles.map((title, at) => ({
            author_id: authors[at % 2]?.id,
            title,
            slug: `p${at}`,
            views: at * 10,
            ...(at % 2 === 0 && { body: `text ${at}` }),
            ...(at > 2 && { status: 'published' }),
          })),
        )
      ).body.data,
    );
  });

  describe('filters', () => {
    const found: [string, Record<string, string>, string[]][] = [
      ['the same', { status: 'published' }, ['p3', 'p4']],
      ['the same, spelled out', { 'status[eq]': 'draft' }, ['p0', 'p1', 'p2']],
      ['not the same', { 'status[ne]': 'draft' }, ['p3', 'p4']],
      ['not the same, where nothing is another thing', { 'body[ne]': 'text 0' }, ['p1', 'p2', 'p3', 'p4']],
      ['more', { 'views[gt]': '20' }, ['p3', 'p4']],
      ['a range', { 'views[gte]': '10', 'views[lt]': '30' }, ['p1', 'p2']],
      ['at most', { 'views[lte]': '0' }, ['p0']],
      ['one of several', { 'slug[in]': 'p1,p3,nobody' }, ['p1', 'p3']],
      ['one of several numbers', { 'views[in]': '0,40' }, ['p0', 'p4']],
      ['one of several words of a closed list', { 'status[in]': 'published,draft' }, ['p0', 'p1', 'p2', 'p3', 'p4']],
      ['a comma that is part of the value', { 'title[in]': 'a\\,b,plain' }, ['p2', 'p4']],
      ['a backslash that is part of the value', { 'title[in]': 'back\\\\slash' }, ['p3']],
      ['nothing', { 'body[null]': 'true' }, ['p1', 'p3']],
      ['something', { 'body[null]': 'false' }, ['p0', 'p2', 'p4']],
      ['a pattern', { 'title[like]': '%a%' }, ['p1', 'p2', 'p3', 'p4']],
      ['a pattern with a sign of its own', { 'title[like]': 'a\\_b' }, ['p1']],
      ['a pattern for one letter', { 'title[like]': 'a_b' }, ['p1', 'p2']],
      ['a percent sign, which is itself', { title: '100%' }, []],
      ['an underscore, which is itself', { title: 'a_b' }, ['p1']],
      ['a quote', { title: "' or '1'='1" }, []],
      ['the words of SQL', { 'title[like]': "%'; drop table app.posts; --%" }, []],
      ['several at once', { status: 'draft', 'views[gte]': '10', 'body[null]': 'true' }, ['p1']],
    ];

    test.each(found)('%s', async (_name, filter, wanted) => {
      expect(await listed(`/posts?sort=slug&${query(filter)}`)).toEqual(wanted);
    });

    const refused: [string, string, Record<string, string>, string][] = [
      ['a word that is no number', '/posts', { 'views[gte]': 'x' }, 'views[gte]'],
      ['a number its column cannot hold', '/posts', { views: '99999999999' }, 'views'],
      ['a word out of the list', '/posts', { status: 'gone' }, 'status'],
      ['one bad value among good ones', '/posts', { 'views[in]': '1,x' }, 'views[in]'],
      ['101 values', '/posts', { 'slug[in]': 'x,'.repeat(101) }, 'slug[in]'],
      [
        '24 filters',
        '/things',
        Object.fromEntries(
          ['t', 'vc', 'v'].flatMap((name) =>
            ['eq', 'ne', 'in', 'gt', 'gte', 'lt', 'lte', 'like'].map((operator) => [`${name}[${operator}]`, 'x']),
          ),
        ),
        'query',
      ],
      ['an operator that is none', '/posts', { 'views[near]': '1' }, 'views[near]'],
      ['an operator of another type', '/posts', { 'views[like]': '1' }, 'views[like]'],
      ['an order where there is none', '/posts', { 'status[gt]': 'draft' }, 'status[gt]'],
      ['nothing where there is always something', '/posts', { 'title[null]': 'true' }, 'title[null]'],
      ['neither true nor false', '/posts', { 'body[null]': '1' }, 'body[null]'],
      ['a pattern that ends in the middle', '/posts', { 'title[like]': 'a\\' }, 'title[like]'],
      ['a NUL', '/posts', { title: 'a\0' }, 'title'],
      ['a column that is none', '/posts', { constructor: '1' }, 'constructor'],
      ['the prototype', '/posts', { '__proto__[eq]': '1' }, '__proto__[eq]'],
      ['SQL for a name', '/posts', { 'views) or (1': '1' }, 'views) or (1'],
      ['a secret', '/users', { 'password_hash[like]': 's1$%' }, 'password_hash[like]'],
      ['a secret by its other name', '/users', { password: 'x' }, 'password'],
      ['a secret of another kind', '/api', { secret: 'x' }, 'secret'],
      ['JSON', '/things', { j: '{}' }, 'j'],
      ['a list', '/lists', { 't[eq]': '{}' }, 't[eq]'],
    ];

    test.each(refused)('refuses %s, and says which', async (_name, path, filter, field) => {
      const { status, body } = await send('GET', `${path}?${query(filter)}`);
      expect({ status, body }).toMatchObject({ status: 400 });
      expect(rowsOf(body.errors).map((error) => error.field)).toContain(field);
    });

    test('a column of every type can be compared with its own values', async () => {
      const samples = {
        t: 'x',
        vc: 'y',
        v: 'z',
        c: 'abc',
        c1: 'q',
        si: 3,
        i: -4,
        bi: 5,
        n: '1e3',
        n2: '2.50',
        n3: '7',
      };
      const times = {
        da: '2026-01-31',
        ti: '10:00:00',
        ts: '2026-01-31T10:00:00',
        tz: '2026-01-31T10:00:00Z',
        iv: 'PT1H',
      };
      const others = {
        r: 0.1,
        d: 1e-7,
        b: true,
        u: '00000000-0000-4000-8000-000000000001',
        by: 'AP8=',
        ip: '10.0.0.1',
      };
      const words = { e: "it's", e2: 'x', e3: 'y', e4: 'z', e5: 'q', e6: 'w', e7: 'r', e8: 'c' };
      const row = await make('/things', { ...samples, n: '1000', ...times, ...others, ...words, jb: [1] });
      const asked = { ...samples, n: '1000', ...times, ...others, ...words, id: row.id, created: row.created };
      for (const [name, value] of Object.entries(asked)) {
        for (const operator of name.startsWith('e') || name === 'by' ? ['eq', 'in'] : ['eq', 'in', 'gte', 'lte']) {
          if (operator.endsWith('te') && ['b', 'u', 'ip', 'id'].includes(name)) continue;
          const found = await listed(`/things?${query({ [`${name}[${operator}]`]: String(value) })}`, 'id');
          expect({ name, operator, found }).toEqual({ name, operator, found: [row.id] });
        }
        expect({ name, found: await listed(`/things?${query({ [`${name}[ne]`]: String(value) })}`, 'id') }).toEqual({
          name,
          found: [],
        });
      }
      for (const name of Object.keys(asked)) expect(await listed(`/things?sort=-${name}`, 'id')).toEqual([row.id]);
      expect((await send('DELETE', `/things/${row.id}`)).status).toBe(204);
    });
  });

  describe('order, fields and number', () => {
    test('rows come in the order that is asked for', async () => {
      expect(await listed('/posts?sort=-views')).toEqual(['p4', 'p3', 'p2', 'p1', 'p0']);
      expect(await listed('/posts?sort=status,-views')).toEqual(['p2', 'p1', 'p0', 'p4', 'p3']);
      expect(await listed('/posts?sort=body,slug')).toEqual(['p0', 'p2', 'p4', 'p1', 'p3']);
      expect(await listed('/posts?sort=-body,slug')).toEqual(['p1', 'p3', 'p4', 'p2', 'p0']);
    });

    test.each(['views', '-views', 'status,-views', '-status,title', 'body', '-body', '-body,slug', 'body,-title', ''])(
      'a cursor leads through a list sorted by "%s": every row once, with filters and fields too',
      async (sort) => {
        const parameters = { sort, 'views[gte]': '0', fields: 'slug' };
        const wanted = await listed(`/posts?${query(parameters)}`);
        for (const limit of ['1', '2', '3']) {
          const seen: unknown[] = [];
          let cursor: unknown = '';
          do {
            const path = `/posts?${query({ ...parameters, limit, cursor: String(cursor) })}`;
            const { status, body } = await send('GET', path);
            expect({ path, status }).toEqual({ path, status: 200 });
            seen.push(...rowsOf(body.data).map(({ slug }) => slug));
            cursor = body.nextCursor;
          } while (cursor !== null);
          expect(seen).toEqual(wanted);
        }
        expect(new Set(wanted).size).toBe(5);
      },
    );

    test.each([
      ['/odd-0', [['a', 'b'], ['a,', '"'], ['b']]],
      ['/odd-1', [{ a: [1] }, 'text', 7]],
    ])('a list with an odd kind of key has an order too, though none that can be asked for: %s', async (path, keys) => {
      for (const k of keys) await make(path, { k });
      const wanted = await listed(path, 'k');
      expect(wanted).toHaveLength(3);
      const seen: unknown[] = [];
      for (let cursor: unknown = ''; cursor !== null; ) {
        const { status, body } = await send('GET', `${path}?limit=1&cursor=${cursor}`);
        expect({ status, body }).toMatchObject({ status: 200 });
        seen.push(...rowsOf(body.data).map(({ k }) => k));
        cursor = body.nextCursor;
      }
      expect(seen).toEqual(wanted);
      for (const sort of ['k', '-k']) expect((await send('GET', `${path}?sort=${sort}`)).status).toBe(400);
      const forged = Buffer.from(JSON.stringify([`${path.slice(1).replace('-', '_')} `, '{"a":'])).toString(
        'base64url',
      );
      expect((await send('GET', `${path}?cursor=${forged}`)).status).toBe(400);
    });

    test('a cursor leads on in its own order only', async () => {
      const { body } = await send('GET', '/posts?sort=-views&limit=1');
      expect((await send('GET', `/posts?sort=-views&cursor=${body.nextCursor}`)).status).toBe(200);
      for (const path of ['/posts?sort=views&', '/posts?', '/posts?sort=-views,title&', '/users?sort=-views&']) {
        expect((await send('GET', `${path}cursor=${body.nextCursor}`)).status).toBe(400);
      }
    });

    test.each([
      ['an order by what is not there', 'sort=nothing', 'sort'],
      ['an order by a secret', 'sort=password_hash', 'sort'],
      ['an order by SQL', 'sort=(select%201)', 'sort'],
      ['an order by too much', `sort=${'id,name,email,created_at,updated_at,x,y'}`, 'sort'],
      ['a field that is not there', 'fields=id,nothing', 'fields'],
      ['a secret as a field', 'fields=id,password_hash', 'fields'],
      ['no field', 'fields=', 'fields'],
      ['a number that is none', 'count=yes', 'count'],
      ['a relation that is none', 'include=friends', 'include'],
      ['the prototype as a relation', 'include=__proto__', 'include'],
      ['half a direction', 'sort=-', 'sort'],
    ])('refuses %s', async (_name, parameters, field) => {
      const { status, body } = await send('GET', `/users?${parameters}`);
      expect({ status, body }).toMatchObject({ status: 400 });
      expect(rowsOf(body.errors).map((error) => error.field)).toContain(field);
    });

    test('only the fields that are asked for are answered, in that order', async () => {
      const { body } = await send('GET', '/posts?fields=title,id&limit=2');
      expect(rowsOf(body.data).map((row) => Object.keys(row))).toEqual([
        ['title', 'id'],
        ['title', 'id'],
      ]);
      const one = await send('GET', `/posts/${posts[0]?.id}?fields=views,slug`);
      expect(Object.entries(one.body)).toEqual([
        ['views', 0],
        ['slug', 'p0'],
      ]);
      expect(await send('GET', `/posts/${posts[0]?.id}?limit=1`)).toMatchObject({ status: 400 });
      expect(await send('GET', `/posts/${posts[0]?.id}?fields=password_hash`)).toMatchObject({ status: 400 });
    });

    test('the number of all rows that meet the filters is told when asked for', async () => {
      const { body } = await send('GET', '/posts?count=true&limit=1&status=draft&sort=slug');
      expect(body).toMatchObject({ total: 3, data: [{ slug: 'p0' }] });
      const next = await send('GET', `/posts?count=true&limit=1&status=draft&sort=slug&cursor=${body.nextCursor}`);
      expect(next.body).toMatchObject({ total: 3, data: [{ slug: 'p1' }] });
      expect((await send('GET', '/posts?count=false')).body).not.toHaveProperty('total');
    });
  });

  describe('relations', () => {
    test('a parent comes along when it is asked for, once more statement for all rows', async () => {
      const { body } = await send('GET', '/posts?include=author&sort=slug');
      const rows = rowsOf(body.data);
      expect(rows.map(({ author_id, author }) => [author_id, author])).toEqual(
        rows.map((_, at) => [authors[at % 2]?.id, authors[at % 2]]),
      );
      expect(JSON.stringify(body)).not.toContain('password');
      const few = await send('GET', '/posts?include=author&fields=slug&limit=1&sort=slug');
      expect(few.body.data).toEqual([{ slug: 'p0', author: authors[0] }]);
    });

    test('children come along as the first page of their own list', async () => {
      const { body } = await send('GET', `/users/${authors[0]?.id}?include=posts`);
      const mine = posts.filter(({ author_id }) => author_id === authors[0]?.id);
      mine.sort((one, other) => (String(one.id) < String(other.id) ? -1 : 1));
      expect(body).toEqual({ ...authors[0], posts: { data: mine, nextCursor: null } });
      const many = Array.from({ length: 25 }, (_, at) => ({
        author_id: authors[1]?.id,
        title: 't',
        slug: `many${at}`,
      }));
      const made = rowsOf((await send('POST', '/posts', many)).body.data);
      const listed = await send('GET', '/users?include=posts&sort=email');
      const [ada, bob] = rowsOf(listed.body.data).map((row) => row.posts as Row);
      expect(rowsOf(ada?.data)).toHaveLength(3);
      expect(rowsOf(bob?.data)).toHaveLength(20);
      const rest = await send('GET', `/users/${authors[1]?.id}/posts?cursor=${bob?.nextCursor}`);
      const all = [...rowsOf(bob?.data), ...rowsOf(rest.body.data)].map(({ id }) => id);
      expect(all).toHaveLength(27);
      expect(new Set(all).size).toBe(27);
      for (const { id } of made) expect((await send('DELETE', `/posts/${id}`)).status).toBe(204);
    });

    test('children are listed below their parent, as any list', async () => {
      const path = `/users/${authors[0]?.id}/posts`;
      expect((await listed(path)).sort()).toEqual(['p0', 'p2', 'p4']);
      expect(await listed(`${path}?views[gt]=0&sort=-views&limit=1`)).toEqual(['p4']);
      expect((await send('GET', `${path}?count=true&status=draft&include=author&fields=id&sort=slug`)).body).toEqual({
        data: ['p0', 'p2'].map((slug) => ({ id: posts.find((post) => post.slug === slug)?.id, author: authors[0] })),
        nextCursor: null,
        total: 2,
      });
      expect(await listed(`${path}?author_id=${authors[1]?.id}`)).toEqual([]);
      expect((await send('GET', '/users/nobody/posts')).status).toBe(404);
      expect((await send('GET', `${path}?colour=red`)).status).toBe(400);
      const post = await send('POST', path, {});
      expect({ status: post.status, allow: post.headers.get('allow') }).toEqual({ status: 405, allow: 'HEAD, GET' });
    });

    test('a table that refers to itself shows both directions, nothing where there is nothing', async () => {
      const root = await make('/class', { a: 1, b: 2 });
      const leaf = await make('/class', { a: 1, b: 2, parent_id: root.id });
      const { body } = await send('GET', '/class?include=parent,class');
      expect(body.data).toEqual(
        [root, leaf]
          .sort((one, other) => (String(one.id) < String(other.id) ? -1 : 1))
          .map((row) =>
            row === leaf
              ? { ...leaf, parent: root, class: { data: [], nextCursor: null } }
              : { ...root, parent: null, class: { data: [leaf], nextCursor: null } },
          ),
      );
      expect(await listed(`/class/${root.id}/class`, 'id')).toEqual([leaf.id]);
      expect(await listed(`/class/${leaf.id}/class`, 'id')).toEqual([]);
    });

    test('a key of several columns leads both ways', async () => {
      for (const line of [1, 2]) await make('/order-items', { id: 1, line_no: line });
      const note = await make('/order-item-notes', { order_id: 1, line_no: 2 });
      const { body } = await send('GET', `/order-item-notes/${note.id}?include=order_items`);
      expect(body).toEqual({ ...note, order_items: { id: 1, line_no: 2, qty: 1 } });
      const items = await send('GET', '/order-items?include=order_item_notes');
      const counts = rowsOf(items.body.data).map((row) => rowsOf((row.order_item_notes as Row).data).length);
      expect(counts).toEqual([0, 1]);
      expect(await listed('/order-items/1/2/order-item-notes', 'id')).toEqual([note.id]);
      expect(await listed('/order-items/1/1/order-item-notes', 'id')).toEqual([]);
      expect((await send('GET', '/order-items/2/1/order-item-notes')).status).toBe(404);
    });
  });

  describe('writing', () => {
    const post = (more: object = {}) => ({ author_id: authors[0]?.id, title: 'T', slug: `w${Math.random()}`, ...more });

    test('a row is replaced whole: what is left out becomes its default or nothing', async () => {
      const made = await make('/posts', post({ body: 'b', status: 'published', views: 9 }));
      const { status, body } = await send('PUT', `/posts/${made.id}`, post({ slug: made.slug, title: 'New' }));
      expect({ status, body }).toMatchObject({
        status: 200,
        body: { id: made.id, title: 'New', body: null, status: 'draft', views: 0, created_at: made.created_at },
      });
      expect((await send('GET', `/posts/${made.id}`)).body).toEqual(body);
      expect(await send('PUT', `/posts/${made.id}`, { title: 'half' })).toMatchObject({ status: 400 });
      expect(await send('PUT', `/posts/${made.id}`, { ...post(), id: 'x' })).toMatchObject({ status: 400 });
      expect((await send('PUT', '/posts/nobody', post())).status).toBe(404);
      expect((await send('DELETE', `/posts/${made.id}`)).status).toBe(204);
    });

    test('a key that the client chose stays in the path', async () => {
      await make('/console', { constructor: 'a', patch: 1, get: 'x' });
      expect(await send('PUT', '/console/a/1', { get: 'y' })).toMatchObject({
        status: 200,
        body: { constructor: 'a', patch: 1, get: 'y' },
      });
      expect((await send('PUT', '/console/a/1', { constructor: 'a', patch: 1, get: 'y' })).status).toBe(400);
      expect((await send('PUT', '/console/a/2', { get: 'y' })).status).toBe(404);
    });

    test('many rows are made at once, in their order', async () => {
      const bodies = Array.from({ length: 100 }, (_, at) => ({ name: `bulk ${at}` }));
      const { status, body } = await send('POST', '/tags', bodies);
      expect(status).toBe(201);
      expect(rowsOf(body.data).map(({ name }) => name)).toEqual(bodies.map(({ name }) => name));
      expect((await send('GET', `/tags/${rowsOf(body.data)[99]?.id}`)).body).toEqual(rowsOf(body.data)[99]);
      expect(Object.keys(rowsOf(body.data)[0] ?? {})).toEqual(['id', 'name']);
    });

    test('of many rows with one that cannot be, none is made', async () => {
      const before = await listed('/tags?count=true&limit=100', 'name');
      const refused: [unknown, number, string?][] = [
        [[{ name: 'new' }, { name: 'new' }], 409, 'name'],
        [[{ name: 'new' }, { name: 7 }], 400, '1.name'],
        [[{ name: 'new' }, 'text'], 400],
        [[{ name: 'new' }, null], 400],
        [[], 400],
        [Array.from({ length: 101 }, (_, at) => ({ name: `over ${at}` })), 400],
        [[[{ name: 'deep' }]], 400],
      ];
      for (const [body, status, field] of refused) {
        const answer = await send('POST', '/tags', body);
        expect({ status: answer.status, body: answer.body }).toMatchObject({ status, body: { status } });
        if (field) expect(rowsOf(answer.body.errors).map((error) => error.field)).toContain(field);
      }
      expect(await listed('/tags?count=true&limit=100', 'name')).toEqual(before);
    });

    test('a table without fields takes no list', async () => {
      expect((await send('POST', '/enums', [{}])).status).toBe(400);
      expect((await send('POST', '/enums', {})).status).toBe(201);
    });

    test('a row is answered with its version, and not again to who has it', async () => {
      const made = await send('POST', '/tags', { name: 'versioned' });
      const path = `/tags/${made.body.id}`;
      const tag = made.headers.get('etag') ?? '';
      expect(tag).toMatch(/^"\d+"$/);
      const read = await send('GET', path);
      expect(read.headers.get('etag')).toBe(tag);
      expect(read.body).toEqual(made.body);
      for (const header of [tag, `W/${tag}`, `"0", ${tag}`, '*']) {
        const again = await send('GET', path, undefined, { 'if-none-match': header });
        expect({ status: again.status, body: again.body, tag: again.headers.get('etag') }).toEqual({
          status: 304,
          body: {},
          tag,
        });
      }
      expect((await send('GET', path, undefined, { 'if-none-match': '"0"' })).status).toBe(200);
    });

    test('a row is changed only in the version that is named', async () => {
      const made = await send('POST', '/posts', post());
      const path = `/posts/${made.body.id}`;
      const first = made.headers.get('etag') ?? '';
      const changed = await send('PATCH', path, { title: '2' }, { 'if-match': first });
      expect(changed).toMatchObject({ status: 200, body: { title: '2' } });
      const second = changed.headers.get('etag') ?? '';
      expect(second).not.toBe(first);
      for (const header of [first, `W/${second}`, '"x"', '']) {
        const old = { 'if-match': header };
        expect(await send('PATCH', path, { title: '3' }, old)).toMatchObject({ status: 412, body: { status: 412 } });
        expect((await send('PUT', path, post(), old)).status).toBe(412);
        expect((await send('DELETE', path, undefined, old)).status).toBe(412);
      }
      expect((await send('GET', path)).body).toEqual(changed.body);
      const replaced = await send('PUT', path, post(), { 'if-match': `"7", ${second}` });
      expect(replaced.status).toBe(200);
      expect((await send('PATCH', '/posts/nobody', { title: '3' }, { 'if-match': first })).status).toBe(404);
      expect((await send('PATCH', path, { title: '4' }, { 'if-match': '*' })).status).toBe(200);
      const last = (await send('GET', path)).headers.get('etag');
      expect((await send('DELETE', path, undefined, { 'if-match': last })).status).toBe(204);
    });

    test('of many changes of one version at once exactly one is made', async () => {
      const made = await send('POST', '/posts', post());
      const header = { 'if-match': made.headers.get('etag') };
      const changes = Array.from({ length: 10 }, (_, at) =>
        send('PATCH', `/posts/${made.body.id}`, { views: at }, header),
      );
      const statuses = (await Promise.all(changes)).map(({ status }) => status).sort();
      expect(statuses).toEqual([200, ...Array.from({ length: 9 }, () => 412)]);
      expect((await send('DELETE', `/posts/${made.body.id}`)).status).toBe(204);
    });
  });

  describe('a request that is sent again', () => {
    const keyed = () => ({ 'idempotency-key': `key-${crypto.randomUUID()}` });
    const count = async (name: string) => (await listed(`/tags?${query({ 'name[like]': `${name}%` })}`)).length;

    test('makes its row once and answers the same, even when others come in between and at the same time', async () => {
      const header = keyed();
      const first = await send('POST', '/tags', { name: 'once' }, header);
      expect(first.status).toBe(201);
      expect((await send('PATCH', `/tags/${first.body.id}`, { name: 'once changed' })).status).toBe(200);
      const again = await send('POST', '/tags', { name: 'once' }, header);
      expect({ status: again.status, body: again.body }).toEqual({ status: 201, body: first.body });
      for (const name of ['location', 'etag']) expect(again.headers.get(name)).toBe(first.headers.get(name));
      const other = keyed();
      const many = await Promise.all(
        Array.from({ length: 8 }, () => send('POST', '/tags', { name: 'one of 8' }, other)),
      );
      expect(new Set(many.map(({ status, body }) => `${status} ${body.id}`)).size).toBe(1);
      expect(many[0]?.status).toBe(201);
      expect(await count('one')).toBe(1);
    });

    test('makes all of its rows once', async () => {
      const header = keyed();
      const bodies = [{ name: 'twins 1' }, { name: 'twins 2' }];
      const first = await send('POST', '/tags', bodies, header);
      expect(first.status).toBe(201);
      expect((await send('POST', '/tags', bodies, header)).body).toEqual(first.body);
      expect(await count('twins')).toBe(2);
    });

    test('is another one when its body is, and on another path', async () => {
      const header = keyed();
      expect((await send('POST', '/tags', { name: 'mine' }, header)).status).toBe(201);
      expect(await send('POST', '/tags', { name: 'not mine' }, header)).toMatchObject({ status: 422 });
      expect((await send('POST', '/order-items', { id: 7, line_no: 7 }, header)).status).toBe(201);
      expect(await count('not mine')).toBe(0);
    });

    test('may be sent again after a failure', async () => {
      const header = keyed();
      const taken = await make('/tags', { name: 'taken' });
      expect((await send('POST', '/tags', { name: 'taken' }, header)).status).toBe(409);
      expect((await send('DELETE', `/tags/${taken.id}`)).status).toBe(204);
      expect((await send('POST', '/tags', { name: 'taken' }, header)).status).toBe(201);
    });

    test('needs a key that nobody guesses, and leaves neither key nor body in its table', async () => {
      for (const key of ['', '1', 'short', 'x'.repeat(256), 'with a blank in it']) {
        const answer = await send('POST', '/tags', { name: 'guessed' }, { 'idempotency-key': key });
        expect({ key, answer }).toMatchObject({
          answer: { status: 400, body: { errors: [{ field: 'idempotency-key' }] } },
        });
      }
      const header = keyed();
      const user = { email: 'secret@example.com', name: 'S', password: 'a-password-of-mine' };
      const [one, other] = [await send('POST', '/users', user, header), await send('POST', '/users', user, header)];
      expect(one.status).toBe(201);
      expect(other.body).toEqual(one.body);
      const kept = JSON.stringify(await database.admin('SELECT *, key_hash::text AS k FROM app._idempotency_keys'));
      for (const secret of [user.password, header['idempotency-key'], 's1$']) expect(kept).not.toContain(secret);
    });

    test('is new after a day', async () => {
      const header = keyed();
      const first = await send('POST', '/tags', { name: 'daily' }, header);
      await database.admin('UPDATE app._idempotency_keys SET created_at = created_at - 86401');
      expect((await send('POST', '/tags', { name: 'daily' }, header)).status).toBe(409);
      expect((await send('DELETE', `/tags/${first.body.id}`)).status).toBe(204);
      const second = await send('POST', '/tags', { name: 'daily' }, header);
      expect(second.status).toBe(201);
      expect(second.body.id).not.toBe(first.body.id);
    });
  });

  describe('the server', () => {
    test('it says that it is ready, and only to who reads', async () => {
      expect(await send('GET', '/ready')).toMatchObject({ status: 200, body: { status: 'ready' } });
      const { status, headers } = await send('POST', '/ready', {});
      expect({ status, allow: headers.get('allow') }).toEqual({ status: 405, allow: 'HEAD, GET' });
    });

    test('behind a pooler it does the same', async () => {
      const own = await startBuilt(directory, { DATABASE_POOLER: 'true' });
      try {
        const headers = { 'content-type': 'application/json', 'idempotency-key': crypto.randomUUID() };
        const ask = async (path: string, options = {}) => {
          const answer = await fetch(`${own.url}${path}`, options);
          return { status: answer.status, body: await answer.json() };
        };
        const body = JSON.stringify([{ name: 'pooled 1' }, { name: 'pooled 2' }]);
        const made = await ask('/tags', { method: 'POST', headers, body });
        expect(made).toMatchObject({ status: 201, body: { data: [{ name: 'pooled 1' }, { name: 'pooled 2' }] } });
        expect(await ask('/tags', { method: 'POST', headers, body })).toEqual(made);
        expect(await ask('/tags?name[like]=pooled%25&sort=-name&count=true&include=post_tags')).toMatchObject({
          status: 200,
          body: { total: 2, data: [{ name: 'pooled 2', post_tags: { data: [] } }, { name: 'pooled 1' }] },
        });
      } finally {
        expect(await own.stop()).toBe(0);
      }
    });

    test('pages of the origins that are named may ask, and no others', async () => {
      const named = 'https://app.example.com';
      const own = await startBuilt(directory, { CORS_ORIGINS: `${named}, http://localhost:5173` });
      try {
        const ask = async (origin: string, method = 'GET', headers: Readonly<Record<string, string>> = {}) => {
          const answer = await fetch(`${own.url}/tags`, { method, headers: { origin, ...headers } });
          const cors = [...answer.headers].filter(([name]) => /^(access-control|vary)/.test(name));
          return { status: answer.status, ...Object.fromEntries(cors) };
        };
        expect(await ask(named)).toEqual({
          status: 200,
          vary: 'origin',
          'access-control-allow-origin': named,
          'access-control-expose-headers': expect.stringContaining('etag'),
        });
        const preflight = { 'access-control-request-method': 'PATCH', 'access-control-request-headers': 'if-match' };
        expect(await ask('http://localhost:5173', 'OPTIONS', preflight)).toMatchObject({
          status: 204,
          'access-control-allow-origin': 'http://localhost:5173',
          'access-control-allow-methods': expect.stringContaining('PATCH'),
          'access-control-allow-headers': expect.stringContaining('if-match'),
        });
        for (const origin of ['https://evil.example', `${named}.evil.example`, 'http://app.example.com', 'null']) {
          expect(await ask(origin)).toEqual({ status: 200, vary: 'origin' });
          expect(await ask(origin, 'OPTIONS', preflight)).toEqual({ status: 405, vary: 'origin' });
        }
      } finally {
        expect(await own.stop()).toBe(0);
      }
    });

    test.each(['*', 'https://a.example/', 'example.com', 'https://a.example,javascript:alert(1)'])(
      'a server that should let pages of "%s" ask does not start',
      async (CORS_ORIGINS) => {
        await expect(startBuilt(directory, { CORS_ORIGINS })).rejects.toThrow(/CORS_ORIGINS must be origins like/);
      },
    );
  });

  test('the number of prepared statements has a limit, however many lists are asked for', async () => {
    const columns = ['id', 'title', 'slug', 'body', 'status', 'views', 'created_at', 'updated_at'];
    for (const one of columns) {
      for (const other of columns) {
        await Promise.all([
          send('GET', `/posts?sort=${one},-${other}&fields=${one}`),
          send('GET', `/posts?sort=-${one},${other}&fields=${other}`),
        ]);
      }
    }
    expect(await listed('/posts?sort=-views&status=published')).toEqual(['p4', 'p3']);
    expect(server.child.exitCode).toBeNull();
  });
  describeJsonPages(() => ({ ask: (path) => send('GET', path), database }));
  describeLargePages(() => ({ ask: (path) => send('GET', path), database, processId: server.child.pid ?? 0 }));
}
