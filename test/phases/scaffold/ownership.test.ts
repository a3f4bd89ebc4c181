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

/**
 * Two people against each other's rows, three times: with both walls, with the policies of the database alone, and with
 * the conditions of the statements alone.
 */
const walls = ['both walls', 'the policies alone', 'the conditions alone'] as const;

/** With the first wall gone, the second one answers: it hides as well, but refuses less politely. */
const refusals = {
  'both walls': { unseen: [404], foreign: [403], dead: [422] },
  'the policies alone': { unseen: [404], foreign: [403, 404], dead: [422, 403] },
  'the conditions alone': { unseen: [404], foreign: [403], dead: [422] },
} as const;

async function made(send: Send, path: string, body: object): Promise<{ id: string }> {
  const answer = await send('POST', path, body);
  expect(answer, JSON.stringify(answer.body)).toMatchObject({ status: 201 });
  return answer.body;
}

function idsOf({ status, body }: Answer): unknown[] {
  expect({ status, body }).toMatchObject({ status: 200 });
  return body.data.map((row: { id: unknown }) => row.id);
}

describe.each(walls)('tasks behind %s', (wall) => {
  const schema = readSchema('tasks');
  const { unseen, foreign, dead } = refusals[wall];
  let backend: OwnedBackend;
  let ada: Person;
  let bob: Person;
  let list: { id: string };
  let task: { id: string };
  let shared: { id: string };
  let subtask: { id: string };
  let label: { id: string };

  beforeAll(async () => {
    backend = await startOwnedBackend(schema, { withoutFirstWall: wall === 'the policies alone' });
    if (wall === 'the conditions alone') await dropPolicies(backend.database, schema);
    ada = await backend.register({ email: 'ada@example.com', name: 'Ada' });
    bob = await backend.register({ email: 'bob@example.com', name: 'Bob', phone: '555' });
    list = await made(ada.send, '/lists', { name: 'secret list' });
    task = await made(ada.send, '/tasks', { title: 'secret task', list_id: list.id });
    shared = await made(ada.send, '/tasks', {
      title: 'for Bob',
      list_id: list.id,
      parent_id: task.id,
      assignee_id: bob.id,
    });
    subtask = await made(ada.send, '/subtasks', { task_id: task.id, title: 'secret part' });
    label = await made(ada.send, '/labels', { name: 'red' });
    await made(ada.send, '/task-labels', { task_id: task.id, label_id: label.id });
    await made(bob.send, '/tasks', { title: 'of Bob' });
  });

  afterAll(() => backend.stop());

  const unseenRows = (): [path: string, change: object | null][] => [
    [`/lists/${list.id}`, { name: 'x' }],
    [`/tasks/${task.id}`, { title: 'x' }],
    [`/subtasks/${subtask.id}`, { title: 'x' }],
    [`/task-labels/${task.id}/${label.id}`, null],
    [`/users/${ada.id}`, { name: 'x' }],
  ];

  test('what is not theirs is not there, whatever is asked of it', async () => {
    for (const [path, change] of unseenRows()) {
      const { body } = await ada.send('GET', path);
      const version = (await ada.send('GET', path)).headers.get('etag') ?? '';
      expect(body, path).toMatchObject(change === null ? { task_id: task.id } : { id: path.split('/')[2] });
      const asked: [string, unknown?, object?][] = [
        ['GET'],
        ['GET', undefined, { 'if-none-match': version }],
        ['DELETE'],
        ['DELETE', undefined, { 'if-match': version }],
        ['DELETE', undefined, { 'if-match': '"1"' }],
        ...(change
          ? ([
              ['PATCH', change],
              ['PATCH', change, { 'if-match': '"1"' }],
            ] as [string, unknown, object?][])
          : []),
      ];
      for (const [method, sent, headers] of asked) {
        const { status } = await bob.send(method, path, sent, headers);
        expect(unseen, `${method} ${path} ${JSON.stringify(headers)}`).toContain(status);
      }
      expect((await ada.send('GET', path)).body).toEqual(body);
    }
  });

  test('a whole row cannot be put over that of another', async () => {
    for (const [path, body] of [
      [`/lists/${list.id}`, { name: 'x' }],
      [`/tasks/${task.id}`, { title: 'x' }],
      [`/users/${ada.id}`, { name: 'x' }],
    ] as const) {
      expect(unseen, path).toContain((await bob.send('PUT', path, body)).status);
    }
    expect((await ada.send('GET', `/tasks/${task.id}`)).body).toMatchObject({ title: 'secret task' });
  });

  test('lists hold what is theirs or shared with them, however they are asked for', async () => {
    const mine = idsOf(await bob.send('GET', '/tasks'));
    expect(mine).toHaveLength(2);
    expect(mine).toContain(shared.id);
    for (const query of [
      'sort=-title',
      'title[like]=%25',
      'count=true',
      'offset=0&limit=100',
      'fields=id',
      'title[gte]=a',
    ]) {
      expect(idsOf(await bob.send('GET', `/tasks?${query}`)).sort(), query).toEqual([...mine].sort());
    }
    expect((await bob.send('GET', '/tasks?count=true')).body.total).toBe(2);
    for (const query of [`id=${task.id}`, 'title=secret%20task', `user_id=${ada.id}&id[ne]=${shared.id}`]) {
      expect(idsOf(await bob.send('GET', `/tasks?${query}`)), query).toEqual([]);
      expect((await bob.send('GET', `/tasks?${query}&count=true`)).body.total, query).toBe(0);
    }
    for (const path of ['/lists', '/subtasks', '/task-labels']) {
      expect((await bob.send('GET', path)).body, path).toEqual({ data: [], nextCursor: null });
      expect((await bob.send('GET', `${path}?count=true`)).body.total, path).toBe(0);
    }
    expect((await bob.send('GET', '/users')).body.data).toMatchObject([{ id: bob.id }]);
  });

  test('a cursor leads through what is theirs only', async () => {
    const first = await bob.send('GET', '/tasks?limit=1');
    const second = await bob.send('GET', `/tasks?limit=1&cursor=${first.body.nextCursor}`);
    expect([...idsOf(first), ...idsOf(second)]).toHaveLength(2);
    expect(second.body.nextCursor).toBeNull();
    // Made by hand, from before the first row of all.
    const cursor = Buffer.from(JSON.stringify(['tasks ', '0', ''])).toString('base64url');
    expect(idsOf(await bob.send('GET', `/tasks?cursor=${cursor}`))).toHaveLength(2);
  });

  test('what lies below a row of others is not there either', async () => {
    for (const path of [
      `/lists/${list.id}/tasks`,
      `/tasks/${task.id}/subtasks`,
      `/tasks/${task.id}/tasks`,
      `/tasks/${task.id}/task-labels`,
      `/users/${ada.id}/tasks-by-user`,
      `/users/${ada.id}/lists`,
    ]) {
      expect(unseen, path).toContain((await bob.send('GET', path)).status);
    }
    expect((await bob.send('GET', `/labels/${label.id}/task-labels`)).body.data).toEqual([]);
    expect(idsOf(await bob.send('GET', `/users/${bob.id}/tasks-by-assignee`))).toEqual([shared.id]);
  });

  test('a shared row shows neither its unshared parents and children nor more of a person than the name', async () => {
    const { body } = await bob.send('GET', `/tasks/${shared.id}?include=user,assignee,list,parent,subtasks,tasks`);
    expect(body).toMatchObject({ list: null, parent: null, subtasks: { data: [] }, tasks: { data: [] } });
    expect(body.user).toEqual({ id: ada.id, name: 'Ada' });
    expect(body.assignee).toEqual({ id: bob.id, name: 'Bob' });
    const all = await bob.send('GET', '/tasks?include=list,parent,user');
    expect(JSON.stringify(all.body)).not.toMatch(/secret|example\.com|555/);
    const own = await ada.send('GET', `/tasks/${shared.id}?include=list,parent`);
    expect(own.body).toMatchObject({ list: { id: list.id }, parent: { id: task.id } });
  });

  test('a row that is shared is read, and changed by its owner alone', async () => {
    const path = `/tasks/${shared.id}`;
    expect((await bob.send('GET', path)).status).toBe(200);
    for (const [method, body] of [['PATCH', { done: true }], ['PUT', { title: 'x' }], ['DELETE']] as const) {
      expect(foreign, method).toContain((await bob.send(method, path, body)).status);
    }
    expect((await ada.send('GET', path)).body).toMatchObject({ done: false, title: 'for Bob' });
    expect((await ada.send('PATCH', path, { done: true })).status).toBe(200);
  });

  test('a reference to a row that cannot be seen is one to no row', async () => {
    const own = await made(bob.send, '/tasks', { title: 'another' });
    const before = idsOf(await bob.send('GET', '/tasks'));
    const attempts: [string, string, object][] = [
      ['POST', '/tasks', { title: 'x', list_id: list.id }],
      ['POST', '/tasks', { title: 'x', parent_id: task.id }],
      ['POST', '/subtasks', { title: 'x', task_id: task.id }],
      ['POST', '/subtasks', { title: 'x', task_id: shared.id }],
      ['POST', '/task-labels', { label_id: label.id, task_id: task.id }],
      ['PATCH', `/tasks/${own.id}`, { list_id: list.id }],
      ['PUT', `/tasks/${own.id}`, { title: 'x', list_id: list.id }],
    ];
    for (const [method, path, body] of attempts) {
      const { status } = await bob.send(method, path, body);
      expect(dead, `${method} ${path}`).toContain(status);
      // The same as for one that is nowhere.
      const nowhere = Object.fromEntries(
        Object.entries(body).map(([name, value]) => [name, /_id$/.test(name) ? 'nowhere' : value]),
      );
      if (wall !== 'the policies alone') expect((await bob.send(method, path, nowhere)).status, path).toBe(status);
    }
    const part = await made(bob.send, '/subtasks', { title: 'own', task_id: own.id });
    expect(dead).toContain((await bob.send('PATCH', `/subtasks/${part.id}`, { task_id: task.id })).status);
    expect((await made(bob.send, '/tasks', { title: 'child', parent_id: shared.id })).id).toBeTruthy();
    expect(idsOf(await bob.send('GET', '/tasks'))).toHaveLength(before.length + 1);
  });

  test('of many rows none is made when one refers to what cannot be seen', async () => {
    const own = await made(bob.send, '/tasks', { title: 'many' });
    const rows = [own.id, own.id, task.id].map((task_id) => ({ task_id, title: 'x' }));
    const { status, body } = await bob.send('POST', '/subtasks', rows);
    expect(dead).toContain(status);
    if (status === 422) expect(body.errors).toEqual([{ field: '2.task_id', message: 'does not exist' }]);
    expect(idsOf(await bob.send('GET', `/tasks/${own.id}/subtasks`))).toEqual([]);
    const all = await bob.send('POST', '/subtasks', rows.slice(0, 2));
    expect(idsOf({ ...all, status: all.status - 1 })).toHaveLength(2);
    await bob.send('DELETE', `/tasks/${own.id}`);
  });

  test('what the server fills in is not taken from a body', async () => {
    for (const field of ['user_id', 'id', 'created_at']) {
      const { status, body } = await bob.send('POST', '/tasks', { title: 'x', [field]: ada.id });
      expect(status).toBe(400);
      expect(body.errors).toEqual([{ field, message: 'is not known here' }]);
    }
    for (const field of ['credits', 'email', 'password', 'password_hash', 'id']) {
      expect((await bob.send('PATCH', `/users/${bob.id}`, { [field]: 'x' })).status, field).toBe(400);
    }
    expect((await bob.send('PATCH', `/users/${bob.id}`, { name: 'Robert' })).body).toMatchObject({
      credits: 0,
      name: 'Robert',
    });
    await bob.send('PATCH', `/users/${bob.id}`, { name: 'Bob' });
    expect((await backend.nobody('POST', '/users', { email: 'x@example.com' })).status).toBe(405);
  });

  test('without a token there is nothing, and with a bad one neither', async () => {
    for (const [path] of [...unseenRows(), ['/tasks'], ['/labels'], [`/lists/${list.id}/tasks`], ['/users']]) {
      const answer = await backend.nobody('GET', path ?? '');
      expect(answer.status, path).toBe(401);
      expect(answer.headers.get('www-authenticate')).toBe('Bearer');
    }
    for (const [method, path] of [
      ['POST', '/tasks'],
      ['POST', '/labels'],
      ['PATCH', `/tasks/${task.id}`],
      ['DELETE', `/tasks/${task.id}`],
    ] as const) {
      expect((await backend.nobody(method, path, method === 'DELETE' ? undefined : {})).status, path).toBe(401);
      const bad = { authorization: 'Bearer a.b.c' };
      expect((await backend.nobody(method, path, method === 'DELETE' ? undefined : {}, bad)).status, path).toBe(401);
    }
  });

  test('an idempotency key is the account’s own', async () => {
    const headers = { 'idempotency-key': 'a-key-that-both-of-them-use' };
    const [one, other] = await Promise.all(
      [ada, bob].map(({ send }) => send('POST', '/lists', { name: 'twice' }, headers)),
    );
    expect([one?.status, other?.status]).toEqual([201, 201]);
    expect(one?.body.id).not.toBe(other?.body.id);
    expect((await bob.send('POST', '/lists', { name: 'twice' }, headers)).body).toEqual(other?.body);
    expect(await backend.database.admin("SELECT FROM app.lists WHERE name = 'twice'")).toHaveLength(2);
    expect((await bob.send('POST', '/tasks', { title: 'x', list_id: list.id }, headers)).status).toBe(dead[0]);
    for (const { send, id } of [ada, bob]) {
      for (const { id: twice } of (await send('GET', `/lists?user_id=${id}&name=twice`)).body.data)
        await send('DELETE', `/lists/${twice}`);
    }
  });

  test('many people at once see their own rows on shared connections', async () => {
    const people = [ada, bob, ada, bob];
    const rounds = Array.from({ length: 40 }, (_, round) => people[round % 4] ?? ada);
    const answers = await Promise.all(
      rounds.map(async ({ id, send }, round) => {
        const path = ['/lists', '/tasks', `/tasks/${task.id}`, '/labels', '/tasks?sort=title'][round % 5] ?? '';
        if (round % 7 === 0) await send('POST', '/tasks', { title: 'x', list_id: 'nowhere' });
        const { body } = await send('GET', path);
        return (body.data ?? [body]).filter((row: Record<string, unknown>) => {
          return 'user_id' in row && row.user_id !== id && row.assignee_id !== id;
        });
      }),
    );
    expect(answers.flat()).toEqual([]);
  });

  test('somebody who leaves takes along what was theirs', async () => {
    const eve = await backend.register({ email: 'eve@example.com', name: 'Eve' });
    await made(eve.send, '/lists', { name: 'soon gone' });
    expect((await eve.send('DELETE', `/users/${eve.id}`)).status).toBe(204);
    expect((await eve.send('GET', '/lists')).status).toBe(401);
    expect(await backend.database.admin("SELECT FROM app.lists WHERE name = 'soon gone'")).toEqual([]);
  });

  test('nothing went wrong in the server', () => {
    expect(
      backend
        .log()
        .split('\n')
        .filter((line) => line.includes('"error"')),
    ).toEqual([]);
  });

  if (wall !== 'the policies alone') return;

  test('with both walls gone everything is seen', async () => {
    await dropPolicies(backend.database, schema);
    expect((await bob.send('GET', `/tasks/${task.id}`)).status).toBe(200);
    expect(idsOf(await bob.send('GET', '/lists?name=secret%20list'))).toEqual([list.id]);
    expect((await bob.send('PATCH', `/subtasks/${subtask.id}`, { title: 'x' })).status).toBe(200);
  });
});
