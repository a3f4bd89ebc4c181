import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { nitroBuilder } from '../../../src/adapters/builder/nitro/nitro-builder.ts';
import { loginUrl } from '../../../src/domain/database.ts';
import { initialMigration } from '../../../src/domain/migration.ts';
import { EMPTY_SCHEMA, type Schema } from '../../../src/domain/schema.ts';
import { cheapenHashes } from '../../support/cheap-hashes.ts';
import {
  buildWorker,
  connectProject,
  type RunningServer,
  readSchema,
  repositoryRoot,
  run,
  startBuilt,
  writeProject,
} from '../../support/generated-projects.ts';
import { startCluster } from '../../support/global-cluster.ts';
import { expectToPass } from '../../support/own-tests.ts';
import { makeProjectDatabase, type ProjectDatabase } from '../../support/project-database.ts';

/** Whole projects as a person gets them: written, type-checked, built, started and asked. */
const root = mkdtempSync(join(tmpdir(), 'tb-generated-'));
const schemas: Readonly<Record<string, Schema | null>> = {
  blog: readSchema('blog'),
  types: readSchema('types'),
  hostile: readSchema('hostile'),
  words: readSchema('words'),
  empty: EMPTY_SCHEMA,
  plain: null,
};
const databases = new Map<string, ProjectDatabase>();
const builder = nitroBuilder({ packageRoot: repositoryRoot, workerPath: await buildWorker() });
const folderOf = (name: string): string => join(root, name);

beforeAll(async () => {
  for (const [name, schema] of Object.entries(schemas)) {
    builder.warmUp();
    await writeProject(folderOf(name), schema);
    cheapenHashes(folderOf(name));
    // What is not run here is type-checked all the same.
    if (!(name in ownTests)) continue;
    await builder.build(folderOf(name));
    if (!schema || schema.tables.length === 0) continue;
    const database = await makeProjectDatabase(inject('cluster'));
    databases.set(name, database);
    await connectProject(folderOf(name), schema, database);
  }
});

afterAll(async () => {
  await builder.close();
  for (const database of databases.values()) await database.drop();
  rmSync(root, { recursive: true, force: true });
});

test('all projects type-check strictly', async () => {
  const settings = {
    extends: './blog/tsconfig.json',
    compilerOptions: { typeRoots: ['./blog/node_modules/@types'] },
    include: Object.keys(schemas).flatMap((name) => [`${name}/server`, `${name}/client`]),
  };
  writeFileSync(join(root, 'tsconfig.json'), JSON.stringify(settings));
  symlinkSync(join(repositoryRoot, 'node_modules'), join(root, 'node_modules'));
  const tsc = join(repositoryRoot, 'node_modules/typescript7/bin/tsc');
  const { code, output } = await run(process.execPath, [tsc, '-p', root], { cwd: root });
  expect(output).toBe('');
  expect(code).toBe(0);
});

/** Of the larger projects only some tables: `npm run chaos:verify` tries all of them, and the long test odd ones. */
const ownTests: Readonly<Record<string, readonly string[]>> = {
  blog: ['posts', 'post_tags', 'tags', 'users', 'whole-server'],
  types: ['k_bytea'],
  hostile: ['class', 'enums', 'order_item_notes'],
  empty: ['api'],
  plain: ['api'],
};

test.each(Object.entries(ownTests))("the project's own tests pass and leave no row behind: %s", (name, files) =>
  expectToPass(folderOf(name), files, schemas[name] ?? null, databases.get(name) ?? null),
);

test("the project's own tests say in one line what they need", async () => {
  const database = await makeProjectDatabase(inject('cluster'));
  const url = loginUrl(database.login('app'));
  const nowhere = 'postgres://nobody:hidden@127.0.0.1:1/nothing';
  const inUse = databases.get('blog');
  if (!inUse) throw new Error('the blog has a database');
  await inUse.admin("INSERT INTO app.tags VALUES ('a', 'theirs')");
  const wanted: [Readonly<Record<string, string>>, RegExp][] = [
    [{ DATABASE_URL: nowhere }, /^The database does not answer\. Set DATABASE_URL in \.env to one that runs\.$/],
    [{ DATABASE_URL: url }, /^No reading from users .*Run `npm run migrate`\.$/],
    [{}, /^There are rows in tags, and tests want a database of their own: .*\.env\.test.*turbobackend verify/],
  ];
  try {
    for (const [settings, line] of wanted) {
      const env = { PATH: process.env.PATH, ...settings };
      const { code, output } = await run(process.execPath, ['test/tags.test.mjs'], { cwd: folderOf('blog'), env });
      expect(code).toBe(1);
      const told = output.split('\n').filter((text) => text !== '' && !text.startsWith('TAP'));
      expect(told).toEqual([expect.stringMatching(line)]);
      expect(output).not.toContain('hidden');
    }
  } finally {
    await inUse.admin("DELETE FROM app.tags WHERE id = 'a'");
    await database.drop();
  }
});

test('a project without tables needs no database and says that it is well', async () => {
  const server = await startBuilt(folderOf('empty'));
  try {
    const answer = await fetch(`${server.url}/health`);
    expect({ status: answer.status, body: await answer.json() }).toEqual({ status: 200, body: { status: 'ok' } });
  } finally {
    expect(await server.stop()).toBe(0);
  }
});

test.each(['blog', 'plain'])('the health of a server is only to be read: %s', async (name) => {
  const server = await startBuilt(folderOf(name));
  try {
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
      const answer = await fetch(`${server.url}/health`, { method });
      expect({ status: answer.status, allow: answer.headers.get('allow') }).toEqual({
        status: 405,
        allow: 'HEAD, GET',
      });
      expect(await answer.json()).toMatchObject({ status: 405 });
      expect((await fetch(`${server.url}/healthy`, { method })).status).toBe(404);
    }
    for (const method of ['GET', 'HEAD']) expect((await fetch(`${server.url}/health`, { method })).status).toBe(200);
  } finally {
    expect(await server.stop()).toBe(0);
  }
});

test('values that do not go together are named, each with what is asked of it', async () => {
  const server = await startBuilt(folderOf('types'));
  try {
    const times = { starts_at: '2026-01-01T10:00:00Z', ends_at: '2026-01-01T11:00:00Z' };
    const event = { ...times, low: 1, high: 2, expires_at: '2100-01-01T00:00:00Z' };
    const errorsOf = async (change: object) => {
      const answer = await fetch(`${server.url}/events`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ ...event, ...change }),
      });
      const body: unknown = await answer.json();
      expect({ status: answer.status, body }).toMatchObject({ status: 400, body: { status: 400 } });
      return isRecord(body) ? body.errors : null;
    };
    expect(await errorsOf({ ends_at: times.starts_at })).toEqual([
      { field: 'starts_at', message: 'must be less than ends_at' },
      { field: 'ends_at', message: 'must be greater than starts_at' },
    ]);
    expect(await errorsOf({ low: 3 })).toEqual([
      { field: 'low', message: 'must not be greater than high' },
      { field: 'high', message: 'must not be less than low' },
    ]);
    expect(await errorsOf({ low: 2 })).toEqual([
      { field: 'low', message: 'must differ from high' },
      { field: 'high', message: 'must differ from low' },
    ]);
    expect(await errorsOf({ expires_at: '2001-01-01T00:00:00Z' })).toEqual([
      { field: 'expires_at', message: 'must be greater than created_at' },
    ]);
  } finally {
    expect(await server.stop()).toBe(0);
  }
});

test('a server without DATABASE_URL says so and ends', async () => {
  const { code, output } = await run(process.execPath, [join(folderOf('blog'), '.output/server/index.mjs')], {
    cwd: root,
    env: {},
  });
  expect(code).toBe(1);
  expect(output.trim().split('\n')).toHaveLength(1);
  expect(JSON.parse(output)).toMatchObject({ level: 'error', message: expect.stringContaining('DATABASE_URL') });
});

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Record<string, unknown>;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

test('a PostgreSQL that goes away and comes back, again and again, costs 503s and nothing else', async () => {
  const { cluster, stop } = await startCluster();
  const account = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};
  const control = (...args: string[]) =>
    execFileSync(join(cluster.binDirectory, 'pg_ctl'), [...args, '-D', cluster.dataDirectory, '-w'], {
      ...account,
      env: { LC_ALL: 'C.UTF-8' },
      stdio: 'ignore',
    });
  const options = `-p ${cluster.port} -c unix_socket_directories= -c listen_addresses=127.0.0.1 -c fsync=off`;
  try {
    const database = await makeProjectDatabase(cluster);
    const schema = readSchema('blog');
    await database.admin(
      `SET ROLE ${database.names.owner}; SET search_path = app; ${initialMigration(schema, 0).content}`,
    );
    const server = await startBuilt(folderOf('blog'), { DATABASE_URL: loginUrl(database.login('app')) });
    const post = (name: string) =>
      fetch(`${server.url}/tags`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ name }),
      });
    const statusOf = async (answer: Promise<Response>) => (await answer).status;
    try {
      for (const mode of ['fast', 'immediate']) {
        expect(await statusOf(post(`before ${mode}`))).toBe(201);
        expect(await statusOf(fetch(`${server.url}/tags`))).toBe(200);
        control('stop', '-m', mode);
        expect(await statusOf(post(`during ${mode}`))).toBe(503);
        const down = await fetch(`${server.url}/health`);
        expect({ status: down.status, problem: await down.json() }).toMatchObject({
          status: 503,
          problem: { status: 503 },
        });
        control('start', '-o', options);
        await expect.poll(() => statusOf(fetch(`${server.url}/health`))).toBe(200);
        await expect.poll(() => statusOf(post(`after ${mode} ${Date.now()}`))).toBe(201);
      }
      const answered = new Map<number, number>();
      const worker = async (isOver: () => boolean) => {
        while (!isOver()) {
          const status = await statusOf(fetch(`${server.url}/tags`));
          answered.set(status, (answered.get(status) ?? 0) + 1);
          await new Promise((next) => setTimeout(next, 5));
        }
      };
      /** A dozen of these answers later. */
      const afterMore = (status: number) => {
        const before = answered.get(status) ?? 0;
        return expect.poll(() => answered.get(status) ?? 0).toBeGreaterThan(before + 12);
      };
      let isOver = false;
      const workers = Array.from({ length: 5 }, () => worker(() => isOver));
      for (let restart = 0; restart < 4; restart += 1) {
        control('stop', '-m', 'fast');
        await afterMore(503);
        control('start', '-o', options);
        await afterMore(200);
      }
      isOver = true;
      await Promise.all(workers);
      expect([...answered.keys()].sort()).toEqual([200, 503]);
      expect(server.child.exitCode).toBeNull();
      expect(server.log()).not.toContain(database.login('app').password);
    } finally {
      expect(await server.stop()).toBe(0);
    }
  } finally {
    control('stop', '-m', 'immediate');
    await stop();
  }
});

describe('a running blog', () => {
  let server: RunningServer;

  async function send(method: string, path: string, body?: unknown, headers = {}): Promise<Answer> {
    const isText = typeof body === 'string' || Buffer.isBuffer(body);
    const answer = await fetch(server.url + path, {
      method,
      ...(body !== undefined && { body: isText ? body : JSON.stringify(body) }),
      headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
    });
    const text = await answer.text();
    const json: unknown = text === '' ? {} : JSON.parse(text);
    return { status: answer.status, headers: answer.headers, body: isRecord(json) ? json : {} };
  }

  let counter = 0;
  async function makeUser(more = {}): Promise<Record<string, unknown>> {
    counter += 1;
    const body = { email: `u${counter}@example.com`, name: 'Ada', password: 'correct-horse', ...more };
    const { status, body: row } = await send('POST', '/users', body);
    expect(status).toBe(201);
    return row;
  }

  async function makePost(authorId: unknown, more = {}): Promise<Record<string, unknown>> {
    counter += 1;
    const body = { author_id: authorId, title: 'T', slug: `s-${counter}`, ...more };
    const { status, body: row } = await send('POST', '/posts', body);
    expect(status).toBe(201);
    return row;
  }

  beforeAll(async () => {
    server = await startBuilt(folderOf('blog'));
  });

  afterAll(async () => {
    expect(await server.stop()).toBe(0);
  });

  test('health answers for the database too', async () => {
    expect(await send('GET', '/health')).toMatchObject({ status: 200, body: { status: 'ok', database: 'ok' } });
  });

  test('a row is created with what the server makes, and lies where Location says', async () => {
    const { status, headers, body } = await send('POST', '/users', {
      email: 'x@example.com',
      name: 'X',
      password: '12345678',
    });
    expect(status).toBe(201);
    expect(body).toEqual({
      id: expect.stringMatching(/^[\w-]{21}$/),
      email: 'x@example.com',
      name: 'X',
      created_at: expect.any(Number),
      updated_at: body.created_at,
    });
    expect(headers.get('location')).toBe(`/users/${body.id}`);
    expect((await send('GET', `/users/${body.id}`)).body).toEqual(body);
  });

  test('a password is stored as a salted hash and never leaves', async () => {
    const [one, other] = [await makeUser(), await makeUser()];
    expect(JSON.stringify(one)).not.toMatch(/hash|horse/);
    const rows = await databases
      .get('blog')
      ?.admin<{ password_hash: string }>('SELECT password_hash FROM app.users WHERE id = ANY($1)', [
        [one.id, other.id],
      ]);
    const hashes = rows?.map((row) => row.password_hash) ?? [];
    expect(new Set(hashes).size).toBe(2);
    for (const hash of hashes) expect(hash).toMatch(/^s1\$[\w-]{22}\$[\w-]{32}$/);
  });

  test('defaults fill a create and never a change', async () => {
    const post = await makePost((await makeUser()).id, { status: 'published', views: 7 });
    const { body } = await send('PATCH', `/posts/${post.id}`, { title: 'New' });
    expect(body).toMatchObject({ title: 'New', status: 'published', views: 7, body: null });
    expect((await send('PATCH', `/posts/${post.id}`, {})).status).toBe(200);
  });

  test('two changes of different fields at once are both kept', async () => {
    const post = await makePost((await makeUser()).id);
    await Promise.all([
      ...Array.from({ length: 5 }, () => send('PATCH', `/posts/${post.id}`, { title: 'one' })),
      ...Array.from({ length: 5 }, () => send('PATCH', `/posts/${post.id}`, { body: 'other' })),
    ]);
    expect((await send('GET', `/posts/${post.id}`)).body).toMatchObject({ title: 'one', body: 'other' });
  });

  test('a list is walked by its cursor: every row once, in order', async () => {
    const author = (await makeUser()).id;
    const made = await Promise.all(Array.from({ length: 7 }, () => makePost(author)));
    const seen: unknown[] = [];
    let cursor: unknown = '';
    do {
      const { status, body } = await send('GET', `/posts?limit=3&cursor=${cursor}`);
      expect(status).toBe(200);
      if (Array.isArray(body.data)) seen.push(...body.data.map((row: { id: string }) => row.id));
      cursor = body.nextCursor;
    } while (cursor !== null);
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen).toEqual(expect.arrayContaining(made.map((row) => row.id)));
    const { body } = await send('GET', '/posts?limit=2&offset=1');
    expect(Array.isArray(body.data) && body.data.map((row: { id: string }) => row.id)).toEqual(seen.slice(1, 3));
  });

  test('a cursor leads on in the list it came from, and in no other', async () => {
    const author = (await makeUser()).id;
    for (const _ of [1, 2]) await makePost(author);
    await makeUser();
    const { body } = await send('GET', '/users?limit=1');
    expect(typeof body.nextCursor).toBe('string');
    expect((await send('GET', `/users?cursor=${body.nextCursor}`)).status).toBe(200);
    for (const path of ['/posts', '/tags', '/post-tags']) {
      expect(await send('GET', `${path}?cursor=${body.nextCursor}`)).toMatchObject({
        status: 400,
        body: { errors: [{ field: 'cursor', message: 'is not a cursor of this list' }] },
      });
    }
  });

  test('HEAD answers as GET without the body, other methods with 405 and what there is', async () => {
    const head = await fetch(`${server.url}/users`, { method: 'HEAD' });
    expect({ status: head.status, body: await head.text() }).toEqual({ status: 200, body: '' });
    const put = await send('PUT', '/users', {});
    expect({ status: put.status, allow: put.headers.get('allow') }).toEqual({ status: 405, allow: 'HEAD, GET, POST' });
    const patch = await send('PATCH', '/post-tags/a/b', {});
    expect({ status: patch.status, allow: patch.headers.get('allow') }).toEqual({
      status: 405,
      allow: 'HEAD, GET, DELETE',
    });
  });

  test('a row that others need is not removed, one that takes them along is', async () => {
    const author = await makeUser();
    const post = await makePost(author.id);
    const { body: tag } = await send('POST', '/tags', { name: 'news' });
    const link = await send('POST', '/post-tags', { post_id: post.id, tag_id: tag.id });
    expect(link.headers.get('location')).toBe(`/post-tags/${post.id}/${tag.id}`);
    expect((await send('GET', `/post-tags/${post.id}/${tag.id}`)).status).toBe(200);
    expect(await send('DELETE', `/users/${author.id}`)).toMatchObject({
      status: 409,
      body: { detail: expect.stringContaining('posts') },
    });
    expect((await send('DELETE', `/posts/${post.id}`)).status).toBe(204);
    expect((await send('GET', `/post-tags/${post.id}/${tag.id}`)).status).toBe(404);
    expect((await send('DELETE', `/users/${author.id}`)).status).toBe(204);
    expect((await send('DELETE', `/users/${author.id}`)).status).toBe(404);
  });

  const user = { email: 'free@example.com', name: 'N', password: 'long enough' };
  const post = { author_id: 'nobody', title: 'T', slug: 'free' };
  const json = 'application/json';
  const badText = Buffer.from('{"email":"bad@example.com","name":"\xff","password":"long enough"}', 'latin1');
  const utf16 = Buffer.from(JSON.stringify(user), 'utf16le');
  const deep = `{"email":${'['.repeat(100_000)}${']'.repeat(100_000)}}`;
  const refusals: [string, { send: [string, string, unknown?, object?]; want: number; field?: string }][] = [
    ['half a document', { send: ['POST', '/users', '{"email":'], want: 400 }],
    ['nothing', { send: ['POST', '/users', ''], want: 400 }],
    ['an array', { send: ['POST', '/users', []], want: 400 }],
    ['null', { send: ['POST', '/users', null], want: 400 }],
    ['a form', { send: ['POST', '/users', 'a=b', { 'content-type': 'application/x-www-form-urlencoded' }], want: 415 }],
    ['bytes that are no UTF-8', { send: ['POST', '/users', badText], want: 400 }],
    ['UTF-16 unannounced', { send: ['POST', '/users', utf16], want: 400 }],
    ['UTF-16', { send: ['POST', '/users', utf16, { 'content-type': `${json}; charset=utf-16le` }], want: 415 }],
    ['Latin-1', { send: ['POST', '/users', user, { 'content-type': `${json};charset="ISO-8859-1"` }], want: 415 }],
    ['gzip', { send: ['POST', '/users', gzipSync(JSON.stringify(user)), { 'content-encoding': 'gzip' }], want: 415 }],
    ['plain text that calls itself br', { send: ['POST', '/users', user, { 'content-encoding': 'br' }], want: 415 }],
    ['more than a megabyte', { send: ['POST', '/users', { ...user, name: 'x'.repeat(1_100_000) }], want: 413 }],
    ['an abyss of brackets', { send: ['POST', '/users', deep], want: 400, field: 'email' }],
    ['a missing field', { send: ['POST', '/users', { ...user, email: undefined }], want: 400, field: 'email' }],
    ['an unknown field', { send: ['POST', '/users', { ...user, is_admin: true }], want: 400, field: 'is_admin' }],
    ['an id of its own', { send: ['POST', '/users', { ...user, id: 'me' }], want: 400, field: 'id' }],
    ['a hash', { send: ['POST', '/users', { ...user, password_hash: 'x' }], want: 400, field: 'password_hash' }],
    ['a time of its own', { send: ['POST', '/users', { ...user, created_at: 1 }], want: 400, field: 'created_at' }],
    ['the prototype', { send: ['POST', '/users', '{"__proto__":{"a":1}}'], want: 400 }],
    ['an array for a text', { send: ['POST', '/users', { ...user, email: ['a'] }], want: 400, field: 'email' }],
    ['a NUL', { send: ['POST', '/users', { ...user, name: 'a\0b' }], want: 400, field: 'name' }],
    ['half a character', { send: ['POST', '/users', { ...user, name: '\ud800' }], want: 400, field: 'name' }],
    ['an empty name', { send: ['POST', '/users', { ...user, name: '' }], want: 400, field: 'name' }],
    ['a long name', { send: ['POST', '/users', { ...user, name: 'é'.repeat(121) }], want: 400, field: 'name' }],
    ['a short password', { send: ['POST', '/users', { ...user, password: '1234567' }], want: 400, field: 'password' }],
    ['a huge key', { send: ['POST', '/users', { ...user, email: 'x'.repeat(256) }], want: 400, field: 'email' }],
    ['2^63', { send: ['POST', '/posts', '{"views":9223372036854775808}'], want: 400, field: 'views' }],
    ['1e309', { send: ['POST', '/posts', '{"views":1e309}'], want: 400, field: 'views' }],
    ['a number in quotes', { send: ['POST', '/posts', { ...post, views: '01' }], want: 400, field: 'views' }],
    ['less than its least', { send: ['POST', '/posts', { ...post, views: -1 }], want: 400, field: 'views' }],
    ['a word out of the list', { send: ['POST', '/posts', { ...post, status: 'gone' }], want: 400, field: 'status' }],
    ['an unknown parent', { send: ['POST', '/posts', post], want: 422, field: 'author_id' }],
    ['another key', { send: ['PATCH', '/users/x', { id: 'y' }], want: 400, field: 'id' }],
    ['null where there must be something', { send: ['PATCH', '/users/x', { name: null }], want: 400, field: 'name' }],
    ['a change of nothing', { send: ['PATCH', '/users/nobody', { name: 'x' }], want: 404 }],
    ['limit 0', { send: ['GET', '/users?limit=0'], want: 400, field: 'limit' }],
    ['limit 1000000000', { send: ['GET', '/users?limit=1000000000'], want: 400, field: 'limit' }],
    ['limit 1e2', { send: ['GET', '/users?limit=1e2'], want: 400, field: 'limit' }],
    ['offset -1', { send: ['GET', '/users?offset=-1'], want: 400, field: 'offset' }],
    ['a made-up cursor', { send: ['GET', '/users?cursor=W10'], want: 400, field: 'cursor' }],
    ['a cursor of objects', { send: ['GET', '/users?cursor=W3t9LHt9XQ'], want: 400, field: 'cursor' }],
    ['limit twice', { send: ['GET', '/users?limit=1&limit=2'], want: 400, field: 'limit' }],
    ['a cursor twice', { send: ['GET', '/users?cursor=a&cursor=a'], want: 400, field: 'cursor' }],
    ['an unknown parameter', { send: ['GET', '/users?limit=1&colour=red'], want: 400, field: 'colour' }],
    ['an unknown parameter twice', { send: ['GET', '/users?colour=a&colour=b'], want: 400, field: 'colour' }],
    ['the prototype as a parameter', { send: ['GET', '/users?__proto__=1'], want: 400, field: '__proto__' }],
    ['SQL in a parameter', { send: ['GET', '/users?order=(select%201)'], want: 400, field: 'order' }],
    ['SQL in a key', { send: ['GET', "/users/x'%20or%20'1'='1"], want: 404 }],
    ['a NUL in a key', { send: ['GET', '/users/%00'], want: 404 }],
    ['a broken escape', { send: ['GET', '/users/%E0%A4%A'], want: 400 }],
    ['the way up', { send: ['GET', '/users/..%2f..%2fetc%2fpasswd'], want: 404 }],
    ['the way up, twice hidden', { send: ['GET', '/users/%252e%252e%252f'], want: 404 }],
    ['no address of ours', { send: ['GET', '/.env'], want: 404 }],
    ['half a key', { send: ['GET', '/post-tags/a'], want: 404 }],
  ];

  test.each(refusals)('refuses %s as a problem document, and lives', async (_name, { send: question, want, field }) => {
    const [method, path, body, headers] = question;
    const { status, headers: answered, body: answer } = await send(method, path, body, headers ?? {});
    expect({ status, answer }).toMatchObject({ status: want, answer: { status: want, type: 'about:blank' } });
    expect(answered.get('content-type')).toBe('application/problem+json');
    const fields = Array.isArray(answer.errors) ? answer.errors.map((error: { field: string }) => error.field) : [];
    if (field) expect(fields).toContain(field);
    expect(JSON.stringify(answer)).not.toMatch(/select |insert |\.mjs|at .*:\d+/i);
    expect(server.child.exitCode).toBeNull();
  });

  test('text comes back as it was sent, whether or not its character set is named', async () => {
    const name = 'Zoë 渡辺 👩‍🚀 \ufffd';
    for (const type of [json, `${json}; charset=UTF-8`, `${json};charset="utf-8"`, 'application/vnd.api+json']) {
      counter += 1;
      const body = { ...user, email: `u${counter}@example.com`, name };
      const headers = { 'content-type': type, 'content-encoding': 'identity' };
      expect(await send('POST', '/users', body, headers)).toMatchObject({ status: 201, body: { name } });
    }
  });

  test('a body that grows too large on the way is cut off, and the next request is served', async () => {
    const chunk = Buffer.alloc(64 * 1024, 'x');
    const body = new ReadableStream({
      start(controller) {
        for (let index = 0; index < 40; index += 1) controller.enqueue(chunk);
        controller.close();
      },
    });
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(`${server.url}/users`, { method: 'POST', headers, body, duplex: 'half' });
    expect(answer.status).toBe(413);
    expect(await answer.json()).toMatchObject({ status: 413 });
    for (let index = 0; index < 3; index += 1) expect((await send('GET', '/health')).status).toBe(200);
  });

  test('an e-mail address is one that mail could go to', async () => {
    const odd = [
      'ada',
      'ada@',
      '@b.com',
      'ada@localhost',
      'a b@c.com',
      'ada@b..com',
      '.a@b.com',
      'a@b@c.com',
      'a..b@c.com',
    ];
    const long = [`${'a'.repeat(65)}@b.com`, `a@${'b.'.repeat(126)}com`, `a@${'b'.repeat(64)}.com`];
    for (const email of ['', ...odd, '<a@b.com>', 'a@b.com\n', 'a@-b.com', ...long]) {
      const { status, body } = await send('POST', '/users', { ...user, email });
      expect({ email, status, body }).toMatchObject({ status: 400, body: { errors: [{ field: 'email' }] } });
    }
    const plain = [
      "o'hara+news@mail.example.com",
      'A.B_c-d=e@b-c.co',
      'jörg@bücher.example',
      '用户@例子.中国',
      'a@b.xn--p1ai',
    ];
    for (const email of [...plain, `${'a'.repeat(64)}@${'b'.repeat(63)}.com`]) {
      const { status, body } = await send('POST', '/users', { ...user, email });
      expect({ email, status, body }).toMatchObject({ status: 201, body: { email } });
    }
  });

  test('one character is not many', async () => {
    const messageOf = async (name: string) => {
      const { body } = await send('POST', '/users', { ...user, name });
      return body.errors;
    };
    expect(await messageOf('')).toEqual([{ field: 'name', message: 'must have at least 1 character' }]);
    expect(await messageOf('x'.repeat(121))).toEqual([{ field: 'name', message: 'must have at most 120 characters' }]);
  });

  test('a value that is taken is a conflict that names the field', async () => {
    const { email } = await makeUser();
    expect(await send('POST', '/users', { ...user, email })).toMatchObject({
      status: 409,
      body: { errors: [{ field: 'email', message: 'is taken' }] },
    });
  });

  test('bytes that are no HTTP are refused and leave the server running', async () => {
    const answer = await new Promise<string>((resolve) => {
      const socket = connect(Number(new URL(server.url).port), '127.0.0.1', () => socket.write('GARBAGE\r\n\r\n'));
      let text = '';
      socket.on('data', (chunk) => {
        text += String(chunk);
      });
      socket.on('close', () => resolve(text));
    });
    expect(answer).toContain('400 Bad Request');
    expect((await send('GET', '/health')).status).toBe(200);
  });

  test('every answer forbids what nobody asked for, and CORS is off', async () => {
    for (const path of ['/users', '/no-such']) {
      const { headers } = await send('GET', path, undefined, { origin: 'https://evil.example' });
      expect(Object.fromEntries(headers)).toMatchObject({
        'x-content-type-options': 'nosniff',
        'content-security-policy': expect.stringContaining("default-src 'none'"),
        'referrer-policy': 'no-referrer',
        'cache-control': 'no-store',
        'x-request-id': expect.stringMatching(/^[\w-]{36}$/),
      });
      expect([...headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
    }
  });

  test('a request is one line of JSON in the log, without its body, whatever its values hold', async () => {
    const mark = `mark-${Date.now()}`;
    await makeUser({ name: `${mark}-body\n{"level":"error"}` });
    await send('GET', `/users/${mark}%0a%7b%22forged%22:1%7d`, undefined, { 'x-request-id': `${mark}-1` });
    await send('GET', '/health', undefined, { 'x-request-id': 'not harmless {}' });
    // The log takes another way than the answers; what it printed last may be here in half.
    const lines = () => server.log().split('\n').slice(0, -1);
    await expect.poll(() => lines().some((line) => line.includes(`${mark}-1`))).toBe(true);
    const records = lines().map((line): unknown => JSON.parse(line));
    expect(records.find((record) => isRecord(record) && record.requestId === `${mark}-1`)).toMatchObject({
      message: 'request',
      method: 'GET',
      status: 404,
    });
    expect(server.log()).not.toContain(`${mark}-body`);
    expect(server.log()).not.toContain('not harmless');
  });

  test('one refused statement leaves its neighbours on the line right', async () => {
    const author = await makeUser();
    const answers = await Promise.all(
      Array.from({ length: 60 }, (_, index) => send('GET', index % 3 === 0 ? '/users/nobody' : `/users/${author.id}`)),
    );
    expect(answers.map(({ status }) => status)).toEqual(answers.map((_, index) => (index % 3 === 0 ? 404 : 200)));
  });

  test('when its back-ends are killed requests get 503 at worst, and the next ones work', async () => {
    const author = await makeUser();
    const database = databases.get('blog');
    const statuses: number[] = [];
    for (let round = 0; round < 4; round += 1) {
      const asked = Array.from({ length: 20 }, () => send('GET', `/users/${author.id}`));
      const changed = Array.from({ length: 5 }, () => send('PATCH', `/users/${author.id}`, { name: `n${round}` }));
      await database?.admin('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = $1', [
        database.names.app,
      ]);
      statuses.push(...(await Promise.all([...asked, ...changed])).map(({ status }) => status));
    }
    expect(statuses.filter((status) => status !== 200 && status !== 503)).toEqual([]);
    await expect.poll(async () => (await send('GET', `/users/${author.id}`)).status).toBe(200);
    await expect.poll(async () => (await send('PATCH', `/users/${author.id}`, { name: 'ok' })).status).toBe(200);
    expect(server.child.exitCode).toBeNull();
  });

  /** While somebody else holds locks in the blog. */
  async function whileLocked(lock: string, values: unknown[], work: (unlock: () => Promise<unknown>) => Promise<void>) {
    const blocker = new pg.Client({ ...inject('cluster'), database: databases.get('blog')?.names.database });
    await blocker.connect();
    try {
      await blocker.query('BEGIN');
      await blocker.query(lock, values);
      await work(() => blocker.query('COMMIT'));
    } finally {
      await blocker.end();
    }
  }

  /** Connections of the server that wait for a lock. */
  async function countWaiting(): Promise<unknown> {
    const database = databases.get('blog');
    const sql = `SELECT count(*)::int AS n FROM pg_stat_activity WHERE usename = $1 AND wait_event_type = 'Lock'`;
    return (await database?.admin(sql, [database.names.app]))?.[0]?.n;
  }

  test('creates beyond the connections there are share one, and a refused one leaves its neighbours right', async () => {
    const author = await makeUser();
    const newPost = (author_id: unknown, index: number) => ({ author_id, title: 'shared', slug: `shared-${index}` });
    await whileLocked('SELECT 1 FROM app.users WHERE id = $1 FOR UPDATE', [author.id], async (unlock) => {
      const own = Array.from({ length: 6 }, (_, index) => send('POST', '/posts', newPost(author.id, index)));
      await expect.poll(countWaiting).toBe(6);
      const shared = Array.from({ length: 12 }, (_, index) =>
        send('POST', '/posts', newPost(index % 3 === 0 ? 'nobody' : author.id, index + 6)),
      );
      await expect.poll(countWaiting).toBe(7);
      await unlock();
      expect((await Promise.all(own)).map(({ status }) => status)).toEqual(own.map(() => 201));
      const statuses = (await Promise.all(shared)).map(({ status }) => status);
      expect(statuses).toEqual(shared.map((_, index) => (index % 3 === 0 ? 422 : 201)));
    });
  });

  test('a filtered list that takes long goes on alone, and keeps no others waiting', async () => {
    await whileLocked('LOCK TABLE app.users IN ACCESS EXCLUSIVE MODE', [], async (unlock) => {
      const slow = send('GET', '/users?name=nobody');
      await expect.poll(countWaiting).toBe(1);
      expect((await send('GET', '/tags?name=nobody')).status).toBe(200);
      // Longer than what is quick.
      await new Promise((resolve) => setTimeout(resolve, 400));
      expect(await countWaiting()).toBe(1);
      await unlock();
      expect(await slow).toMatchObject({ status: 200, body: { data: [] } });
    });
  });

  test('a transaction whose connection is killed costs its request 503, and the server lives', async () => {
    const author = await makeUser();
    await whileLocked('SELECT 1 FROM app.users WHERE id = $1 FOR UPDATE', [author.id], async () => {
      const post = { author_id: author.id, title: 'killed', slug: 'killed' };
      const asked = send('POST', '/posts', post, { 'idempotency-key': 'a-key-of-a-killed-one' });
      await expect.poll(countWaiting).toBe(1);
      await databases
        .get('blog')
        ?.admin(
          `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = $1 AND wait_event_type = 'Lock'`,
          [databases.get('blog')?.names.app],
        );
      expect((await asked).status).toBe(503);
    });
    expect((await send('GET', `/users/${author.id}`)).status).toBe(200);
    expect(server.child.exitCode).toBeNull();
  });

  test('SIGTERM lets a running request finish, ends the connections and exits with 0', async () => {
    const own = await startBuilt(folderOf('blog'));
    const author = await makeUser();
    const database = databases.get('blog');
    const blocker = new pg.Client({ ...inject('cluster'), database: database?.names.database });
    await blocker.connect();
    try {
      await blocker.query('BEGIN');
      await blocker.query('SELECT 1 FROM app.users WHERE id = $1 FOR UPDATE', [author.id]);
      const running = fetch(`${own.url}/users/${author.id}`, {
        method: 'PATCH',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ name: 'finished' }),
      });
      const waits = `SELECT count(*)::int AS n FROM pg_stat_activity WHERE usename = $1 AND wait_event_type = 'Lock'`;
      await expect.poll(async () => (await database?.admin(waits, [database.names.app]))?.[0]?.n).toBe(1);
      const stopped = own.stop();
      await expect.poll(() => own.log()).toContain('stopping');
      await expect(fetch(`${own.url}/health`)).rejects.toThrow();
      await blocker.query('COMMIT');
      const answer = await running;
      expect(answer.status).toBe(200);
      expect(await answer.json()).toMatchObject({ name: 'finished' });
      expect(await stopped).toBe(0);
    } finally {
      await blocker.end();
      own.child.kill('SIGKILL');
    }
  });
});
