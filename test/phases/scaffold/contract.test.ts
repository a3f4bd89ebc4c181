import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { nitroBuilder } from '../../../src/adapters/builder/nitro/nitro-builder.ts';
import { ajvContract } from '../../../src/adapters/contract/ajv/ajv-contract.ts';
import { nodeHttp } from '../../../src/adapters/http/node/node-http.ts';
import { accountsOf } from '../../../src/domain/access.ts';
import { embeddings } from '../../../src/domain/embedding.ts';
import { isComparable, resourcePath } from '../../../src/domain/rest.ts';
import { insertionOrder, parentLinks, sampleChange, sampleInput } from '../../../src/domain/sample.ts';
import { primaryKey, type Schema, type Table } from '../../../src/domain/schema.ts';
import type { CheckAnswer } from '../../../src/ports/contract.ts';
import type { HttpAnswer } from '../../../src/ports/http.ts';
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

/** Real backends keep what their own documents promise, whatever they are asked. */
const root = mkdtempSync(join(tmpdir(), 'tb-contract-'));
const builder = nitroBuilder({ packageRoot: repositoryRoot, workerPath: await buildWorker() });
const http = nodeHttp();

interface Backend {
  readonly schema: Schema;
  readonly database: ProjectDatabase;
  readonly server: RunningServer;
  readonly check: CheckAnswer;
  /** Everything that was found wrong. */
  readonly problems: string[];
  asked: number;
}

const NAMES = ['blog', 'types', 'tasks', 'forum'];
const backends = new Map<string, Backend>();

beforeAll(async () => {
  for (const name of NAMES) {
    builder.warmUp();
    const directory = join(root, name);
    const schema = readSchema(name);
    await writeProject(directory, schema);
    cheapenHashes(directory);
    await builder.build(directory);
    const database = await makeProjectDatabase(inject('cluster'));
    await connectProject(directory, schema, database);
    const server = await startBuilt(directory, { LOG_REQUESTS: 'false' });
    const { body } = await http.request('GET', `${server.url}/openapi.json`);
    const check = await ajvContract().open(JSON.parse(body));
    backends.set(name, { schema, database, server, check, problems: [], asked: 0 });
  }
});

afterAll(async () => {
  await builder.close();
  for (const { server, database } of backends.values()) {
    expect(await server.stop()).toBe(0);
    await database.drop();
  }
  rmSync(root, { recursive: true, force: true });
});

type Headers = Readonly<Record<string, string>>;

/** Asks, and notes what is not as described. */
async function ask(
  backend: Backend,
  method: string,
  path: string,
  json?: unknown,
  headers: Headers = {},
): Promise<HttpAnswer> {
  const answer = await http.request(method, backend.server.url + path, {
    ...(json !== undefined && { json }),
    headers,
  });
  backend.asked += 1;
  backend.problems.push(...backend.check(method, path, answer));
  return answer;
}

const BAD_VALUES: readonly unknown[] = [null, -1, '\0', 'x'.repeat(300)];

/** Bodies that are good, and bodies that are not. */
async function askBodies(backend: Backend, table: Table, good: Record<string, unknown>, auth: Headers): Promise<void> {
  const path = resourcePath(table);
  for (const name of [...Object.keys(good), 'no_such_field', primaryKey(table)[0]?.name ?? '']) {
    await Promise.all(BAD_VALUES.map((value) => ask(backend, 'POST', path, { ...good, [name]: value }, auth)));
  }
  for (const body of [null, [], 7, 'text', {}, [{}], [good, good]]) await ask(backend, 'POST', path, body, auth);
}

async function askQueries(backend: Backend, table: Table, path: string, auth: Headers): Promise<void> {
  const columns = table.columns.filter((column) => isComparable(column));
  const include = embeddings(table, backend.schema).map(({ name }) => name);
  const queries = [
    ...[
      'limit=1',
      'limit=0',
      'limit=x',
      'offset=1',
      'offset=-1',
      'count=true',
      'count=1',
      'cursor=x',
      'limit=1&limit=2',
    ],
    ...['sort=nothing', 'fields=nothing', 'fields=', 'include=nothing', 'nothing=1', 'include='],
    ...include.flatMap((name) => [`include=${name}`, `include=${name}&fields=${primaryKey(table)[0]?.name}`]),
    ...(include.length > 0 ? [`include=${include.join(',')}&count=true`] : []),
    ...columns.flatMap(({ name }) => [
      `sort=-${name}`,
      `fields=${name}&sort=${name}`,
      `${name}[eq]=1`,
      `${name}[ne]=a`,
    ]),
    ...columns.flatMap(({ name }) => [
      `${name}[in]=1,2`,
      `${name}[like]=%25`,
      `${name}[null]=true`,
      `${name}[gt]=2026-01-01`,
    ]),
  ];
  await Promise.all(queries.map((query) => ask(backend, 'GET', `${path}?${query}`, undefined, auth)));
}

async function askRow(backend: Backend, table: Table, row: string, auth: Headers): Promise<void> {
  const read = await ask(backend, 'GET', row, undefined, auth);
  const tag = read.headers.etag ?? '';
  await ask(backend, 'GET', row, undefined, { ...auth, 'if-none-match': tag });
  await ask(backend, 'HEAD', row, undefined, auth);
  await askQueries(backend, table, row, auth);
  const change = sampleChange(table, backend.schema, 9001);
  if (change) {
    await ask(backend, 'PATCH', row, change, auth);
    await ask(backend, 'PATCH', row, { ...change, nothing: 1 }, auth);
    await ask(backend, 'PATCH', row, change, { ...auth, 'if-match': tag });
    for (const [name] of Object.entries(change)) {
      await Promise.all(BAD_VALUES.map((value) => ask(backend, 'PATCH', row, { [name]: value }, auth)));
    }
    await ask(backend, 'PUT', row, {}, auth);
  }
  for (const { name, kind } of embeddings(table, backend.schema)) {
    if (kind === 'children') await ask(backend, 'GET', `${row}/${name.replaceAll('_', '-')}?limit=1`, undefined, auth);
  }
  for (const method of ['POST', 'OPTIONS', 'TRACE']) await ask(backend, method, row, undefined, auth);
  await ask(backend, 'DELETE', row, undefined, { ...auth, 'if-match': '"1"' });
}

async function askOddly(backend: Backend, path: string): Promise<void> {
  for (const odd of [
    '/no/such/address',
    '/',
    `${path}/%00`,
    `${path}/%zz`,
    `${path}/${'x'.repeat(500)}`,
    `${path}//`,
  ]) {
    await ask(backend, 'GET', odd);
  }
  const send = async (body: string, headers: Headers) => {
    const answer = await http.request('POST', backend.server.url + path, { body, headers });
    backend.problems.push(...backend.check('POST', path, answer));
  };
  await send('{', { 'content-type': 'application/json' });
  await send('{}', { 'content-type': 'text/plain' });
  await send('{}', { 'content-type': 'application/json', 'content-encoding': 'gzip' });
  await send(`"${'x'.repeat(1_100_000)}"`, { 'content-type': 'application/json' });
  for (const method of ['PUT', 'PATCH', 'DELETE', 'OPTIONS']) await ask(backend, method, path);
}

const SEED = 4001;

/** Makes a row of each table and asks everything of it; children before parents are removed at the end. */
async function askEverything(backend: Backend, auth: Headers, stranger: Headers): Promise<number> {
  const { schema } = backend;
  const made = new Map<string, { path: string; row: Record<string, unknown> }>();
  const me = accountsOf(schema) && (await ask(backend, 'GET', '/auth/me', undefined, auth));
  if (me) made.set(schema.accounts?.table ?? '', { path: '/auth/me', row: JSON.parse(me.body) });
  for (const table of insertionOrder(schema)) {
    if (accountsOf(schema)?.table === table) continue;
    const parents: Record<string, unknown> = {};
    for (const link of parentLinks(table)) {
      const parent = made.get(link.table)?.row;
      for (const [at, column] of link.columns.entries()) {
        if (parent) parents[column] = parent[link.parentColumns[at] ?? ''];
      }
    }
    const body = sampleInput(table, schema, SEED, parents);
    const path = resourcePath(table);
    const key = { ...auth, 'idempotency-key': `contract-of-${table.name}`.padEnd(16, 'x') };
    const answer = await ask(backend, 'POST', path, body, key);
    expect({ table: table.name, status: answer.status, body: answer.body }).toMatchObject({ status: 201 });
    await ask(backend, 'POST', path, body, key);
    await ask(backend, 'POST', path, { ...body, ...sampleInput(table, schema, SEED + 1, parents) }, key);
    await ask(backend, 'POST', path, body, { ...auth, 'idempotency-key': 'short' });
    await ask(backend, 'POST', path, body, auth);
    const row = answer.headers.location ?? '';
    made.set(table.name, { path: row, row: JSON.parse(answer.body) });
    await askBodies(backend, table, body, auth);
    await askQueries(backend, table, path, auth);
    await askRow(backend, table, row, auth);
    for (const other of [stranger, {}, { authorization: 'Bearer x' }]) {
      if (!accountsOf(schema)) continue;
      for (const address of [path, row]) await ask(backend, 'GET', address, undefined, other);
      await ask(backend, 'POST', path, body, other);
      for (const method of ['PATCH', 'PUT']) await ask(backend, method, row, sampleChange(table, schema, 9002), other);
      await ask(backend, 'DELETE', row, undefined, { ...other, 'if-match': '"1"' });
    }
    await askOddly(backend, path);
  }
  const rows = [...made.values()];
  for (const { path } of rows) await ask(backend, 'DELETE', path, undefined, auth);
  for (const { path } of rows.reverse()) await ask(backend, 'DELETE', path, undefined, auth);
  return made.size;
}

/** Somebody who is signed in, and what they send to say so. */
async function register(backend: Backend, seed: number): Promise<Headers> {
  const accounts = accountsOf(backend.schema);
  if (!accounts) return {};
  const body = sampleInput(accounts.table, backend.schema, seed, {});
  const answer = await ask(backend, 'POST', '/auth/register', body);
  expect(answer, answer.body).toMatchObject({ status: 201 });
  await ask(backend, 'POST', '/auth/register', body);
  await ask(backend, 'POST', '/auth/register', {});
  const { accessToken } = JSON.parse(answer.body);
  return { authorization: `Bearer ${accessToken}` };
}

/** What people do with their accounts, rightly and wrongly. */
async function askAccounts(backend: Backend, auth: Headers): Promise<void> {
  const accounts = accountsOf(backend.schema);
  const login = backend.schema.accounts?.login ?? '';
  if (!accounts) return;
  const body = sampleInput(accounts.table, backend.schema, 77, {});
  const password = String(body.password);
  await ask(backend, 'POST', '/auth/register', body);
  const session = await ask(backend, 'POST', '/auth/login', { [login]: body[login], password });
  const { refreshToken, accessToken } = JSON.parse(session.body);
  const own = { authorization: `Bearer ${accessToken}` };
  for (const bad of [
    { [login]: body[login], password: 'not this one' },
    { [login]: 'nobody@example.com', password },
    {},
  ]) {
    await ask(backend, 'POST', '/auth/login', bad);
  }
  for (const token of [refreshToken, 'x', 7]) await ask(backend, 'POST', '/auth/refresh', { refreshToken: token });
  for (const headers of [own, auth, {}, { authorization: 'Bearer x' }]) {
    const me = await ask(backend, 'GET', '/auth/me', undefined, headers);
    if (me.status !== 200) continue;
    const path = `${resourcePath(accounts.table)}/${encodeURIComponent(JSON.parse(me.body)[accounts.key.name])}`;
    await askRow(backend, accounts.table, path, headers);
    await askQueries(backend, accounts.table, resourcePath(accounts.table), headers);
  }
  const change = { currentPassword: 'not this one', newPassword: 'another-password' };
  await ask(backend, 'POST', '/auth/password', change, own);
  await ask(backend, 'POST', '/auth/password', { ...change, currentPassword: password }, own);
  await ask(backend, 'POST', '/auth/password', {}, own);
  await ask(backend, 'POST', '/auth/logout', undefined, own);
  await ask(backend, 'POST', '/auth/logout', undefined, own);
  await ask(backend, 'POST', resourcePath(accounts.table), body, auth);
}

/** An administrator may do everything, so that there are rows everywhere. */
async function promote(backend: Backend): Promise<void> {
  const { accounts } = backend.schema;
  if (!accounts?.role) return;
  await backend.database.admin(`UPDATE app."${accounts.table}" SET "${accounts.role}" = '${accounts.admins[0]}'`);
}

test.each(NAMES)('every answer of a real backend is as its document says: %s', async (name) => {
  const backend = backends.get(name);
  if (!backend) throw new Error(`${name} does not run`);
  for (const path of ['/health', '/ready', '/openapi.json', '/openapi']) await ask(backend, 'GET', path);
  const auth = await register(backend, 11);
  await promote(backend);
  const stranger = await register(backend, 12);
  await askAccounts(backend, stranger);
  expect(await askEverything(backend, auth, stranger)).toBeGreaterThan(3);
  expect([...new Set(backend.problems)].slice(0, 20)).toEqual([]);
  expect(backend.asked).toBeGreaterThan(500);
});

test('the typed client speaks to a real server', async () => {
  const backend = backends.get('blog');
  const { createClient, ApiError } = await import(join(root, 'blog/client/index.ts'));
  const api = createClient({ baseUrl: backend?.server.url });
  const key = 'client-of-the-blog-1';
  const author = { email: 'client@example.com', name: 'Ada', password: 'long enough' };
  const user = await api.users.create(author, { idempotencyKey: key });
  expect(await api.users.create(author, { idempotencyKey: key })).toEqual(user);
  const bodies = ['a,b', 'c'].map((slug) => ({ author_id: user.id, title: 'Of the client', slug }));
  const [post] = await api.posts.createMany(bodies);
  const where = { slug: { in: ['a,b'] }, views: { gte: 0 }, author_id: user.id };
  const page = await api.posts.list({ where, sort: ['-created_at'], fields: ['id'], include: ['author'], count: true });
  expect(page).toEqual({ data: [{ id: post.id, author: user }], nextCursor: null, total: 1 });
  expect((await api.users.listOf(user.id, 'posts', { limit: 1 })).data).toHaveLength(1);
  const { row, etag } = await api.posts.getVersion(post.id);
  expect(row).toEqual(post);
  const changed = await api.posts.update(post.id, { views: 1 }, { ifMatch: etag });
  expect(changed.views).toBe(1);
  await expect(api.posts.update(post.id, { views: 2 }, { ifMatch: etag })).rejects.toMatchObject({ status: 412 });
  const wrong = await api.posts.update(post.id, { views: -1 }).catch((error: unknown) => error);
  expect(wrong).toBeInstanceOf(ApiError);
  expect(wrong).toMatchObject({ status: 400, errors: [{ field: 'views' }], requestId: expect.any(String) });
  const gone = AbortSignal.abort();
  await expect(api.posts.list({ signal: gone })).rejects.toMatchObject({ name: 'AbortError' });
  await expect(api.postTags.get({ post_id: post.id, tag_id: 'a/b' })).rejects.toMatchObject({ status: 404 });
  for (const { id } of (await api.posts.list({ where: { author_id: user.id } })).data) await api.posts.delete(id);
  await api.users.delete(user.id);
});

test('the typed client stays signed in, and renews its tokens once for all who wait', async () => {
  const backend = backends.get('tasks');
  const { createClient } = await import(join(root, 'tasks/client/index.ts'));
  const kept: unknown[] = [];
  const api = createClient({ baseUrl: backend?.server.url, onTokens: (tokens: unknown) => kept.push(tokens) });
  await api.auth.register({ email: 'client@example.com', name: 'Ada', password: 'long enough' });
  const { refreshToken } = api.auth.tokens;
  // As if the access token had ended.
  const old = { accessToken: 'a.b.c', refreshToken };
  const later = createClient({ baseUrl: backend?.server.url, tokens: old, onTokens: (own: unknown) => kept.push(own) });
  const [me, lists] = await Promise.all([later.auth.me(), later.lists.list()]);
  expect([me.email, lists.data]).toEqual(['client@example.com', []]);
  expect(later.auth.tokens.refreshToken).not.toBe(refreshToken);
  expect(kept).toHaveLength(2);
  await later.auth.logout();
  expect(later.auth.tokens).toBeNull();
  await expect(later.lists.list()).rejects.toMatchObject({ status: 401 });
});

test("the project's own check of answers knows right from wrong", async () => {
  const backend = backends.get('blog');
  const { assertDescribed } = await import(join(root, 'blog/test/contract.mjs'));
  const get = async (path: string) => {
    const answer = await fetch(`${backend?.server.url}${path}`);
    return { status: answer.status, headers: answer.headers, body: Object(await answer.json()) };
  };
  for (const path of ['/users', '/users?fields=id', '/users?nothing=1', '/users/none', '/nothing', '/health']) {
    assertDescribed('GET', path, await get(path));
  }
  const page = await get('/users');
  expect(() => assertDescribed('GET', '/users', { ...page, body: { ...page.body, more: 1 } })).toThrow('more');
  expect(() => assertDescribed('GET', '/users', { ...page, body: {} })).toThrow('not as in');
  expect(() => assertDescribed('GET', '/users', { ...page, status: 418 })).toThrow('is not in');
});

test('the page for people has no script, and asks not to be trusted with any', async () => {
  const backend = backends.get('types');
  const page = await http.request('GET', `${backend?.server.url}/openapi`);
  expect(page.headers['content-type']).toBe('text/html; charset=utf-8');
  expect(page.headers['content-security-policy']).toMatch(
    /^default-src 'none'; style-src 'sha256-[^']+'; base-uri 'none'/,
  );
  expect(page.body).not.toMatch(/<script|<b>posts|javascript:|https?:\/\//i);
  expect(page.body).toContain('a blog API with &lt;b&gt;posts&lt;/b&gt;');
  const etag = page.headers.etag ?? '';
  const again = await http.request('GET', `${backend?.server.url}/openapi`, { headers: { 'if-none-match': etag } });
  expect(again).toMatchObject({ status: 304, body: '' });
});
