import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readSchema } from '../../support/generated-projects.ts';
import {
  type Answer,
  dropPolicies,
  type OwnedBackend,
  type Person,
  type Send,
  startOwnedBackend,
} from '../../support/owned-backend.ts';

async function made<T = { id: string }>(send: Send, path: string, body: object): Promise<T> {
  const answer = await send('POST', path, body);
  expect(answer, JSON.stringify(answer.body)).toMatchObject({ status: 201 });
  return answer.body;
}

function idsOf({ status, body }: Answer): unknown[] {
  expect({ status, body }).toMatchObject({ status: 200 });
  return body.data.map((row: { id: unknown }) => row.id);
}

async function statuses(asked: Iterable<readonly [Send, string, string, unknown?]>): Promise<number[]> {
  const found: number[] = [];
  for (const [send, method, path, body] of asked) found.push((await send(method, path, body)).status);
  return found;
}

describe.each(['both walls', 'the policies alone', 'the conditions alone'] as const)('a forum behind %s', (wall) => {
  const schema = readSchema('forum');
  let backend: OwnedBackend;
  let ada: Person;
  let bob: Person;
  let eve: Person;
  let root: Person;
  let topic: { id: string };
  let thread: { id: string };
  let reply: { id: string };
  let message: { id: string };

  beforeAll(async () => {
    backend = await startOwnedBackend(schema, { withoutFirstWall: wall === 'the policies alone' });
    if (wall === 'the conditions alone') await dropPolicies(backend.database, schema);
    const join = (name: string) => backend.register({ email: `${name}@example.com`, name });
    [ada, bob, eve, root] = [await join('ada'), await join('bob'), await join('eve'), await join('root')];
    await backend.database.admin('UPDATE app.users SET role = $1 WHERE id = $2', ['admin', root.id]);
    topic = await made(root.send, '/topics', { title: 'All' });
    thread = await made(ada.send, '/threads', { topic_id: topic.id, title: 'Hello' });
    reply = await made(bob.send, '/replies', { thread_id: thread.id, body: 'Hi' });
    await made(ada.send, '/likes', { reply_id: reply.id });
    message = await made(ada.send, '/messages', { recipient_id: bob.id, body: 'between us' });
  });

  afterAll(() => backend.stop());

  test('what everybody reads is read without signing in, and shows names alone', async () => {
    const { nobody } = backend;
    expect(idsOf(await nobody('GET', '/threads?count=true'))).toEqual([thread.id]);
    expect(idsOf(await nobody('GET', `/threads/${thread.id}/replies`))).toEqual([reply.id]);
    const { body } = await nobody('GET', `/threads/${thread.id}?include=author,topic,replies`);
    expect(body.author).toEqual({ id: ada.id, name: 'ada' });
    expect(body.replies.data).toMatchObject([{ id: reply.id }]);
    expect(JSON.stringify((await nobody('GET', '/replies?include=author,thread,likes')).body)).not.toContain(
      'example.com',
    );
    expect((await nobody('GET', `/threads/${thread.id}`, undefined, { authorization: 'Bearer x' })).status).toBe(401);
  });

  test('what is protected is said by administrators only, of what others own and of what they keep', async () => {
    const path = `/threads/${thread.id}`;
    const trusted = { pinned: true, approved_at: 1_700_000_000 };
    for (const [field, value] of Object.entries(trusted)) {
      const errors = [{ field, message: 'is not known here' }];
      const body = { topic_id: topic.id, title: 'x', [field]: value };
      for (const send of [ada.send, root.send]) {
        expect(await send('POST', '/threads', body)).toMatchObject({ status: 400, body: { errors } });
        expect(await send('POST', '/threads', [body])).toMatchObject({ status: 400 });
        expect(await send('PUT', path, body)).toMatchObject({ status: 400, body: { errors } });
      }
      expect(await ada.send('PATCH', path, { [field]: value })).toMatchObject({ status: 400, body: { errors } });
      expect(await eve.send('PATCH', path, { [field]: value })).toMatchObject({ status: 400, body: { errors } });
    }
    expect((await ada.send('GET', path)).body).toMatchObject({ pinned: false, approved_at: null });
    expect(await root.send('PATCH', path, trusted)).toMatchObject({ status: 200, body: trusted });
    expect(await root.send('PATCH', path, { pinned: 'yes' })).toMatchObject({ status: 400 });
    // What the owner changes leaves it as it is, also when the whole row is written anew.
    const whole = { topic_id: topic.id, title: 'Hello' };
    expect(await ada.send('PUT', path, whole)).toMatchObject({ status: 200, body: trusted });
    expect(await ada.send('PATCH', path, { title: 'Hello' })).toMatchObject({ status: 200, body: trusted });
    const kept = `/topics/${topic.id}`;
    expect(await root.send('PATCH', kept, { featured: true })).toMatchObject({ status: 200, body: { featured: true } });
    expect(await ada.send('PATCH', kept, { featured: false })).toMatchObject({ status: 403 });
    // Roles are not given like that.
    expect(await root.send('PATCH', `/users/${ada.id}`, { role: 'admin' })).toMatchObject({ status: 400 });
  });

  test('what only some may write is refused to others: 401 without a token, 403 with one', async () => {
    const writes = [
      ['POST', '/topics', { title: 'x' }],
      ['PATCH', `/topics/${topic.id}`, { title: 'x' }],
      ['PUT', `/topics/${topic.id}`, { title: 'x' }],
      ['DELETE', `/topics/${topic.id}`],
    ] as const;
    expect(await statuses(writes.map(([...asked]) => [backend.nobody, ...asked]))).toEqual([401, 401, 401, 401]);
    expect(await statuses(writes.map(([...asked]) => [ada.send, ...asked]))).toEqual([403, 403, 403, 403]);
    const foreign = [
      ['PATCH', `/threads/${thread.id}`, { title: 'x' }],
      ['PUT', `/threads/${thread.id}`, { title: 'x', topic_id: topic.id }],
      ['DELETE', `/threads/${thread.id}`],
      ['DELETE', `/likes/${ada.id}/${reply.id}`],
    ] as const;
    const refused = wall === 'the policies alone' ? [404, 404, 404, 404] : [403, 403, 403, 403];
    expect(await statuses(foreign.map(([...asked]) => [bob.send, ...asked]))).toEqual(refused);
    expect(await statuses([[bob.send, 'PATCH', '/threads/nowhere', { title: 'x' }]])).toEqual([404]);
    expect((await ada.send('GET', `/threads/${thread.id}`)).body).toMatchObject({ title: 'Hello' });
    expect((await ada.send('PATCH', `/threads/${thread.id}`, { title: 'Hello!' })).status).toBe(200);
  });

  test('another version is told to the owner, and to nobody else', async () => {
    const stale = { 'if-match': '"1"' };
    expect((await ada.send('PATCH', `/threads/${thread.id}`, { title: 'x' }, stale)).status).toBe(412);
    if (wall !== 'the policies alone') {
      expect((await bob.send('PATCH', `/threads/${thread.id}`, { title: 'x' }, stale)).status).toBe(403);
    }
    expect((await eve.send('PATCH', `/messages/${message.id}`, { body: 'x' }, stale)).status).toBe(404);
  });

  test('a message is between two people', async () => {
    expect(idsOf(await bob.send('GET', '/messages'))).toEqual([message.id]);
    expect(idsOf(await bob.send('GET', `/users/${bob.id}/messages-by-recipient`))).toEqual([message.id]);
    expect(idsOf(await eve.send('GET', '/messages'))).toEqual([]);
    expect((await eve.send('GET', '/messages?count=true')).body.total).toBe(0);
    const path = `/messages/${message.id}`;
    const asked = [
      ['GET', path],
      ['PATCH', path, { body: 'x' }],
      ['DELETE', path],
    ] as const;
    expect(await statuses(asked.map(([...own]) => [eve.send, ...own]))).toEqual([404, 404, 404]);
    expect(await statuses(asked.map(([...own]) => [backend.nobody, ...own]))).toEqual([401, 401, 401]);
  });

  test('an administrator sees and changes everything', async () => {
    expect(idsOf(await root.send('GET', '/messages?count=true'))).toEqual([message.id]);
    expect(idsOf(await root.send('GET', '/messages?sort=-body'))).toEqual([message.id]);
    expect(idsOf(await root.send('GET', '/users')).sort()).toEqual([ada.id, bob.id, eve.id, root.id].sort());
    expect((await root.send('GET', `/users/${ada.id}`)).body).toMatchObject({ email: 'ada@example.com' });
    expect((await root.send('PATCH', `/threads/${thread.id}`, { title: 'Moderated' })).body).toMatchObject({
      title: 'Moderated',
    });
    expect((await root.send('PATCH', `/messages/${message.id}`, { body: 'read' })).status).toBe(200);
    expect((await root.send('DELETE', `/likes/${ada.id}/${reply.id}`)).status).toBe(204);
    await made(ada.send, '/likes', { reply_id: reply.id });
    expect((await root.send('GET', `/users/${bob.id}/replies`)).status).toBe(200);
    await backend.database.admin("UPDATE app.users SET role = 'member' WHERE id = $1", [root.id]);
    expect(idsOf(await root.send('GET', '/messages'))).toEqual([]);
    expect((await root.send('POST', '/topics', { title: 'late' })).status).toBe(403);
    await backend.database.admin("UPDATE app.users SET role = 'admin' WHERE id = $1", [root.id]);
  });

  test('nobody makes rows for others or an administrator of themselves', async () => {
    expect((await bob.send('POST', '/likes', { reply_id: reply.id, user_id: ada.id })).status).toBe(400);
    expect((await bob.send('PATCH', `/users/${bob.id}`, { role: 'admin' })).status).toBe(400);
    expect(
      (
        await backend.nobody('POST', '/auth/register', {
          email: 'x@y.de',
          name: 'x',
          password: 'correct horse',
          role: 'admin',
        })
      ).status,
    ).toBe(400);
  });

  test('profiles cannot be written through', async () => {
    await expect(backend.database.admin('DELETE FROM app._profiles')).rejects.toThrow('cannot delete from view');
    await expect(backend.database.admin("UPDATE app._profiles SET name = 'x'")).rejects.toThrow('cannot update view');
  });

  test('nothing went wrong in the server', () => {
    expect(
      backend
        .log()
        .split('\n')
        .filter((line) => line.includes('"error"')),
    ).toEqual([]);
  });
});

describe('a shop, with numbers as the keys of accounts', () => {
  const schema = readSchema('shop');
  let backend: OwnedBackend;
  let ada: Person;
  let bob: Person;
  let product: { id: string };
  let order: { id: string };
  let item: { id: string };

  beforeAll(async () => {
    backend = await startOwnedBackend(schema);
    ada = await backend.register({ username: 'ada' });
    bob = await backend.register({ username: 'bob' });
    product = await made(ada.send, '/products', { name: 'Tea', price: '3.50', stock: 9 });
    order = await made(ada.send, '/orders', {});
    item = await made(ada.send, '/order-items', { order_id: order.id, product_id: product.id, quantity: 2 });
  });

  afterAll(() => backend.stop());

  test.each(['both walls', 'the conditions alone'])('orders and their lines are their customer’s: %s', async (wall) => {
    if (wall === 'the conditions alone') await dropPolicies(backend.database, schema);
    expect(idsOf(await backend.nobody('GET', '/products'))).toEqual([product.id]);
    const paths = [
      `/orders/${order.id}`,
      `/order-items/${item.id}`,
      `/orders/${order.id}/order-items`,
      `/customers/${ada.id}`,
    ];
    expect(await statuses(paths.map((path) => [bob.send, 'GET', path]))).toEqual([404, 404, 404, 404]);
    expect(await statuses(paths.map((path) => [ada.send, 'GET', path]))).toEqual([200, 200, 200, 200]);
    expect(idsOf(await bob.send('GET', `/products/${product.id}/order-items`))).toEqual([]);
    expect(idsOf(await ada.send('GET', `/products/${product.id}/order-items`))).toEqual([item.id]);
    expect((await backend.nobody('GET', `/products/${product.id}/order-items`)).status).toBe(401);
    const included = `/products/${product.id}?include=order_items`;
    for (const send of [backend.nobody, bob.send])
      expect((await send('GET', included)).body.order_items.data).toEqual([]);
    expect((await ada.send('GET', included)).body.order_items.data).toMatchObject([{ id: item.id }]);
    const line = { order_id: order.id, product_id: product.id, quantity: 1 };
    expect(await bob.send('POST', '/order-items', line)).toMatchObject({
      status: 422,
      body: { errors: [{ field: 'order_id', message: 'does not exist' }] },
    });
    expect(
      await statuses([
        [bob.send, 'PATCH', `/order-items/${item.id}`, { quantity: 9 }],
        [bob.send, 'DELETE', `/orders/${order.id}`],
      ]),
    ).toEqual([404, 404]);
    expect((await ada.send('PATCH', `/order-items/${item.id}`, { quantity: 3 })).status).toBe(200);
    expect((await ada.send('GET', `/orders/${order.id}?include=customer`)).body.customer).toEqual({
      id: ada.id,
      username: 'ada',
    });
  });
});
