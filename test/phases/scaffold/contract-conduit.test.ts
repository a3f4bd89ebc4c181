import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ContractBackend, startContractBackend } from '../../support/contract-backend.ts';

let backend: ContractBackend;
let alice = '';
let bob = '';

beforeAll(async () => {
  backend = await startContractBackend('conduit.yaml');
  alice = await signUp('alice');
  bob = await signUp('bob');
});
afterAll(() => backend?.stop());

/** Asks, and holds the answer against the document. */
async function ask(method: string, path: string, body?: unknown, token?: string) {
  const { problems, ...answer } = await backend.ask(method, `/api${path}`, body, token);
  expect(problems).toEqual([]);
  return answer;
}

async function signUp(username: string): Promise<string> {
  const user = { username, email: `${username}@example.com`, password: 'correct horse' };
  const { status, body } = await ask('POST', '/users', { user });
  expect([status, body]).toEqual([201, { user: expect.objectContaining({ username, bio: null }) }]);
  return body.user.token;
}

async function write(token: string, changes: object = {}) {
  const article = { title: 'A fine day', description: 'On days', body: 'Text', tagList: ['days', 'fine'], ...changes };
  const { status, body } = await ask('POST', '/articles', { article }, token);
  expect(status).toBe(201);
  return body.article;
}

test('who signed up signs in, whatever the address is written like, and nobody does with another password', async () => {
  const { body } = await ask('POST', '/users/login', {
    user: { email: 'ALICE@example.com', password: 'correct horse' },
  });
  expect(body.user).toMatchObject({ username: 'alice', email: 'alice@example.com', image: null });
  expect((await ask('GET', '/user', undefined, body.user.token)).body.user.username).toBe('alice');
  const wrong = await ask('POST', '/users/login', { user: { email: 'alice@example.com', password: 'wrong' } });
  const nobody = await ask('POST', '/users/login', { user: { email: 'nobody@example.com', password: 'wrong' } });
  expect([wrong.status, wrong.body]).toEqual([401, nobody.body]);
});

test('a name that is taken is told by the field', async () => {
  const user = { username: 'alice', email: 'other@example.com', password: 'correct horse' };
  const { status, body } = await ask('POST', '/users', { user });
  expect([status, body]).toEqual([422, { errors: { body: ['username is taken'] } }]);
});

test('people change their own account, and a new password ends other sessions', async () => {
  const carol = await signUp('carol');
  const login = { user: { email: 'carol@example.com', password: 'correct horse' } };
  const elsewhere = (await ask('POST', '/users/login', login)).body.user.token;
  const change = { user: { bio: 'Writes', email: 'CAROL2@example.com', password: 'another horse' } };
  const { body } = await ask('PUT', '/user', change, carol);
  expect(body.user).toMatchObject({ bio: 'Writes', email: 'carol2@example.com', username: 'carol' });
  expect((await ask('GET', '/user', undefined, elsewhere)).status).toBe(401);
  expect((await ask('GET', '/user', undefined, carol)).status).toBe(200);
  const again = { user: { email: 'carol2@example.com', password: 'another horse' } };
  expect((await ask('POST', '/users/login', again)).status).toBe(200);
});

test('an article is written, read, changed by who wrote it, and deleted', async () => {
  const article = await write(alice);
  expect(article).toMatchObject({
    slug: expect.stringMatching(/^a-fine-day-[0-9a-f]{8}$/),
    tagList: ['days', 'fine'],
    favorited: false,
    favoritesCount: 0,
    author: { username: 'alice', bio: null, image: null, following: false },
  });
  const path = `/articles/${article.slug}`;
  expect((await ask('GET', path)).body.article).toEqual(article);
  expect((await ask('PUT', path, { article: { body: 'Mine' } }, bob)).status).toBe(403);
  expect((await ask('PUT', path, { article: { body: 'Mine' } })).status).toBe(401);
  const { body } = await ask('PUT', path, { article: { body: 'More' } }, alice);
  expect(body.article).toMatchObject({
    body: 'More',
    slug: article.slug,
    title: 'A fine day',
    tagList: ['days', 'fine'],
  });
  expect((await ask('DELETE', path, undefined, bob)).status).toBe(403);
  expect((await ask('DELETE', path, undefined, alice)).status).toBe(204);
  expect((await ask('GET', path)).status).toBe(404);
  expect((await ask('DELETE', path, undefined, alice)).status).toBe(404);
});

test('what is not as the document says is refused, and nothing is taken that the server makes', async () => {
  const missing = await ask('POST', '/articles', { article: { title: 'x' } }, alice);
  expect([missing.status, missing.body.errors.body]).toEqual([422, ['description is required', 'body is required']]);
  for (const body of ['{', '[]', '{"article": 3}'])
    expect((await ask('POST', '/articles', body, alice)).status).toBe(422);
  const sent = { slug: 'mine', id: 'x', author_id: 'x', favoritesCount: 9, createdAt: '2000-01-01T00:00:00Z' };
  const article = await write(alice, sent);
  expect(article).toMatchObject({ favoritesCount: 0, author: { username: 'alice' } });
  expect(article.slug).not.toBe('mine');
  expect(article.createdAt > '2020').toBe(true);
});

test('lists are narrowed, counted and paged, the newest first', async () => {
  const slugs: string[] = [];
  for (const title of ['One', 'Two', 'Three']) slugs.unshift((await write(bob, { title, tagList: ['counted'] })).slug);
  const listed = async (query: string) => {
    const { body } = await ask('GET', `/articles?${query}`);
    return [body.articles.map((article: { slug: string }) => article.slug), body.articlesCount];
  };
  expect(await listed('tag=counted')).toEqual([slugs, 3]);
  expect(await listed('tag=counted&limit=1&offset=1')).toEqual([[slugs[1]], 3]);
  expect(await listed('author=bob&tag=counted')).toEqual([slugs, 3]);
  expect(await listed('author=nobody')).toEqual([[], 0]);
  expect((await ask('GET', '/articles?limit=0')).status).toBe(422);
  await ask('POST', `/articles/${slugs[0]}/favorite`, undefined, alice);
  expect(await listed('favorited=alice')).toEqual([[slugs[0]], 1]);
});

test('favourites are switched on once, seen by who did, counted for all, and switched off', async () => {
  const { slug } = await write(bob);
  const path = `/articles/${slug}/favorite`;
  for (const _ of [1, 2]) {
    const { body } = await ask('POST', path, undefined, alice);
    expect(body.article).toMatchObject({ favorited: true, favoritesCount: 1 });
  }
  expect((await ask('GET', `/articles/${slug}`, undefined, bob)).body.article).toMatchObject({
    favorited: false,
    favoritesCount: 1,
  });
  const { body } = await ask('DELETE', path, undefined, alice);
  expect(body.article).toMatchObject({ favorited: false, favoritesCount: 0 });
  expect((await ask('POST', path)).status).toBe(401);
  expect((await ask('POST', '/articles/nothing/favorite', undefined, alice)).status).toBe(404);
});

test('who follows somebody sees it in their profile and their articles in the feed', async () => {
  const dora = await signUp('dora');
  const { slug } = await write(bob);
  expect((await ask('GET', '/articles/feed', undefined, dora)).body).toEqual({ articles: [], articlesCount: 0 });
  expect((await ask('POST', '/profiles/bob/follow', undefined, dora)).body.profile.following).toBe(true);
  expect((await ask('GET', '/profiles/bob', undefined, dora)).body.profile).toEqual({
    username: 'bob',
    bio: null,
    image: null,
    following: true,
  });
  expect((await ask('GET', '/profiles/bob')).body.profile.following).toBe(false);
  const feed = (await ask('GET', '/articles/feed', undefined, dora)).body;
  expect(feed.articles[0]).toMatchObject({ slug, author: { username: 'bob', following: true } });
  expect((await ask('DELETE', '/profiles/bob/follow', undefined, dora)).body.profile.following).toBe(false);
  expect((await ask('GET', '/profiles/nobody')).status).toBe(404);
});

test('a list without parameters for pages goes on behind its first thousand rows', async () => {
  const { slug } = await write(alice);
  const path = `/articles/${slug}/comments`;
  await ask('POST', path, { comment: { body: 'first' } }, alice);
  await backend.database.admin(
    `insert into app.comments select (jsonb_populate_record(first, jsonb_build_object('id', 1000000 + n, 'body', n::text))).*
     from app.comments as first, generate_series(1, 2100) as n where first.body = 'first'`,
  );
  const parts: number[] = [];
  const seen = new Set<number>();
  for (let next: string | undefined = path; next; ) {
    const { body, headers } = await ask('GET', next);
    parts.push(body.comments.length);
    for (const { id } of body.comments) seen.add(id);
    next = /^<\/api(.*)>; rel="next"$/.exec(headers.get('link') ?? '')?.[1];
  }
  expect([parts, seen.size]).toEqual([[1000, 1000, 101], 2101]);
  expect((await ask('GET', `${path}?cursor=nonsense`)).status).toBeGreaterThanOrEqual(400);
});

test('comments belong to their article and to who wrote them', async () => {
  const { slug } = await write(alice);
  const other = await write(alice);
  const path = `/articles/${slug}/comments`;
  const { body } = await ask('POST', path, { comment: { body: 'Well said' } }, bob);
  expect(body.comment).toMatchObject({ id: expect.any(Number), body: 'Well said', author: { username: 'bob' } });
  expect((await ask('GET', path)).body.comments).toEqual([body.comment]);
  expect((await ask('GET', `/articles/${other.slug}/comments`)).body.comments).toEqual([]);
  const own = `${path}/${body.comment.id}`;
  expect((await ask('DELETE', own, undefined, alice)).status).toBe(403);
  expect((await ask('DELETE', `/articles/${other.slug}/comments/${body.comment.id}`, undefined, bob)).status).toBe(404);
  expect((await ask('DELETE', `${path}/nothing`, undefined, bob)).status).toBe(404);
  expect((await ask('DELETE', own, undefined, bob)).status).toBe(204);
  expect((await ask('POST', '/articles/nothing/comments', { comment: { body: 'x' } }, bob)).status).toBe(404);
});

test('tags are the different ones that articles have', async () => {
  await write(alice, { tagList: ['zebra'] });
  const { tags } = (await ask('GET', '/tags')).body;
  expect(tags).toContain('zebra');
  expect(new Set(tags).size).toBe(tags.length);
});

test('tokens of others, of nobody and none at all open nothing', async () => {
  for (const token of ['', 'x', `${alice}x`, alice.replace(/\..*?\./, '.e30.')]) {
    expect((await ask('GET', '/user', undefined, token)).status).toBe(401);
    expect((await ask('GET', '/articles', undefined, token)).status).toBe(401);
  }
});

test('its client asks every kind of operation, and throws what was refused', async () => {
  const { createClient } = await import(join(backend.directory, 'client/index.ts'));
  const api = createClient({ baseUrl: backend.url, authorization: () => `Token ${alice}` });
  const given = { title: 'By the client', description: 'On it', body: 'Text', tagList: ['client & co'] };
  const { article } = await api.createArticle({ body: { article: given } });
  const found = await api.getArticles({ query: { tag: 'client & co', limit: 1 } });
  expect([found.articlesCount, found.articles[0].slug]).toEqual([1, article.slug]);
  expect((await api.getArticle({ path: { slug: article.slug } })).article).toEqual(article);
  expect(await api.deleteArticle({ path: { slug: article.slug } })).toBeUndefined();
  await expect(api.getArticle({ path: { slug: '../user?' } })).rejects.toMatchObject({ name: 'ApiError', status: 404 });
  const nobody = createClient({ baseUrl: `${backend.url}/` });
  await expect(nobody.getCurrentUser()).rejects.toMatchObject({ status: 401, body: expect.anything() });
});
