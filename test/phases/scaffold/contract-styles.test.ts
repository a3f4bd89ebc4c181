import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ContractBackend, startContractBackend } from '../../support/contract-backend.ts';

/** What documents of other frameworks are written like, served by one backend. */
let backend: ContractBackend;

beforeAll(async () => {
  backend = await startContractBackend('styles.yaml');
});
afterAll(() => backend?.stop());

/** Asks, and holds the answer against the document. */
async function ask(method: string, path: string, body?: unknown, headers?: Readonly<Record<string, string>>) {
  const { problems, ...answer } = await backend.ask(method, path, body, headers);
  expect(problems).toEqual([]);
  return answer;
}

test('a form signs in as JSON does, and the answer says what is told with a token', async () => {
  const ann = { username: 'ann', email: 'ann@example.com', password: 'correct horse battery' };
  const made = await ask('POST', '/users/', ann);
  expect(made.body).toMatchObject({ username: 'ann', is_active: false, newsletter: false });
  const sent = { method: 'POST', body: new URLSearchParams({ ...ann, grant_type: 'password', email: '' }) };
  const signed = await fetch(`${backend.url}/token`, sent);
  expect(signed.status).toBe(200);
  const { access_token: token, ...beside } = JSON.parse(await signed.text());
  expect(beside).toEqual({ token_type: 'bearer', expires_in: 2_592_000 });
  const me = await ask('GET', '/users/me', undefined, { authorization: `Bearer ${token}` });
  expect(me.body).toEqual(made.body);
  expect((await ask('POST', '/token', { username: 'ann', password: 'wrong' })).status).toBe(401);
  const long = await fetch(`${backend.url}/token`, {
    ...sent,
    body: new URLSearchParams({ username: 'a'.repeat(70_000) }),
  });
  expect([413, 422]).toContain(long.status);
});

test('paths are found with and without a slash at their end', async () => {
  const bob = { username: 'bob', email: 'bob@example.com', password: 'correct horse battery' };
  expect((await backend.ask('POST', '/users', bob)).status).toBe(201);
  expect((await backend.ask('GET', '/projects/')).status).toBe(200);
});

test('each problem of a body is told as the document describes one', async () => {
  const { status, body } = await ask('POST', '/users/', {
    username: 7,
    email: 'none',
    password: 'correct horse battery',
  });
  expect(status).toBe(422);
  expect(body.detail.map(({ loc, type }: { loc: string[]; type: string }) => [loc, type])).toEqual([
    [['body', 'username'], 'invalid'],
    [['body', 'email'], 'invalid'],
  ]);
  const missing = await ask('GET', '/organizations/6f1c2b9e-3a44-4c57-9d5b-2f8f0a7f1c11');
  expect(missing).toMatchObject({ status: 404, body: { errors: [{ code: 'invalid' }] } });
});

test('rows begin as the first of their states, and a header leads to them', async () => {
  const made = await ask('POST', '/projects', { name: 'One', website: 'https://example.com/a' });
  expect(made.body).toMatchObject({ status: 'draft', viewCount: 0, website: 'https://example.com/a' });
  expect(made.headers.get('location')).toBe(`/projects/${made.body.id}`);
  expect((await ask('GET', `/projects/${made.body.id}`)).body).toEqual(made.body);
  expect((await ask('POST', '/projects', { name: 'Two', website: 'no address' })).status).toBe(400);
});

test('a list tells in a header how many rows there are', async () => {
  await ask('POST', '/projects', { name: 'Three' });
  const page = await ask('GET', '/projects?limit=1&filter[status]=draft');
  expect(page.headers.get('x-total-count')).toBe(String(page.body.total));
  expect(page.body.data).toHaveLength(1);
  expect((await ask('GET', '/projects?filter[status]=archived')).body).toMatchObject({ data: [], total: 0 });
});

test('a row that is deleted is answered as it was, or what was done is said', async () => {
  const { body: project } = await ask('POST', '/projects', { name: 'Gone' });
  expect(await ask('DELETE', `/projects/${project.id}`)).toMatchObject({ status: 200, body: project });
  expect((await ask('DELETE', `/projects/${project.id}`)).status).toBe(404);
  const { body: product } = await ask('POST', '/api/products', { name: 'Gone' });
  expect((await ask('DELETE', `/api/products/${product.id}`)).body).toEqual({ success: true, message: 'OK' });
});

test('pages begin at zero and know all that a framework tells of them', async () => {
  for (const name of ['b', 'a', 'c']) await ask('POST', '/api/products', { name, pin: '1234' });
  const { body } = await ask('GET', '/api/products?page=1&size=2&sort=name,desc');
  expect(body).toEqual({
    ...{ totalElements: 3, totalPages: 2, number: 1, size: 2, numberOfElements: 1 },
    ...{ first: false, last: true, empty: false, content: [{ id: expect.any(Number), name: 'a' }] },
  });
  expect((await ask('GET', '/api/products?sort=pin2')).status).toBe(400);
});

test('what is sent and answered stands in data, with what is told of it beside', async () => {
  const { body: made } = await ask('POST', '/organizations', { data: { name: 'One' } });
  expect(made.data).toMatchObject({ name: 'One', seats: 1 });
  const { body } = await ask('GET', '/organizations?page[size]=1&page[number]=1');
  expect(body).toEqual({
    ...{ success: true, data: [made.data], links: {} },
    meta: { total: 1, page: { number: 1, size: 1 } },
  });
  const changed = await ask('PATCH', `/organizations/${made.data.id}`, { data: { seats: 3 } });
  expect(changed.body.data).toEqual({ ...made.data, seats: 3 });
  expect((await ask('PATCH', `/organizations/${made.data.id}`, { data: { name: null } })).status).toBeGreaterThan(399);
});

test('its own tests pass', async () => {
  const { code, output } = await backend.test();
  expect([code, output.match(/^not ok .*|error: .*|^# fail .*/gm)]).toEqual([0, ['# fail 0']]);
});
