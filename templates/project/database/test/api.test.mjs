import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { send, startServer } from './server.mjs';

// One row for each table, parents first: bodies that the server must accept.
const samples = JSON.parse(readFileSync(new URL('samples.json', import.meta.url), 'utf8'));

/** Rows that were made, by table. */
const rows = new Map();
let server;

/** Without a database there is nothing to test: says what to do, once, instead of failing test after test. */
async function giveUp(reason, advice) {
  console.error(`${reason} ${advice}`);
  await server?.stop();
  process.exit(1);
}

before(async () => {
  try {
    server = await startServer();
  } catch (error) {
    await giveUp(error.message, 'Set DATABASE_URL in .env to a PostgreSQL that runs.');
  }
  for (const { table, path } of samples) {
    const { status } = await send('GET', `${server.url}${path}?limit=1`);
    if (status === 500) await giveUp(`No reading from ${table}.`, 'Run `npm run migrate`.');
  }
});

after(() => server?.stop());

function bodyOf(sample) {
  const body = { ...sample.body };
  for (const { columns, table, parentColumns } of sample.parents) {
    const parent = rows.get(table);
    for (const [index, column] of columns.entries())
      body[column] = parent?.row[parentColumns[index]];
  }
  return body;
}

test('the server is healthy', async () => {
  const { status, body } = await send('GET', `${server.url}/health`);
  assert.equal(status, 200);
  assert.equal(body.status, 'ok');
  assert.equal((await send('GET', `${server.url}/ready`)).status, 200);
});

test('an unknown address is answered as a problem document', async () => {
  const { status, headers } = await send('GET', `${server.url}/no-such-address`);
  assert.equal(status, 404);
  assert.equal(headers.get('content-type'), 'application/problem+json');
});

for (const sample of samples) {
  test(`${sample.path}: a row can be made, read, listed and changed`, async () => {
    const created = await send('POST', `${server.url}${sample.path}`, bodyOf(sample));
    assert.equal(created.status, 201, JSON.stringify(created.body));
    const url = `${server.url}${created.headers.get('location')}`;
    rows.set(sample.table, { url, row: created.body });

    const read = await send('GET', url);
    assert.equal(read.status, 200);
    assert.deepEqual(read.body, created.body);

    const list = await send('GET', `${server.url}${sample.path}?limit=1`);
    assert.equal(list.status, 200);
    assert.equal(list.body.data.length, 1);

    if (sample.change) {
      const changed = await send('PATCH', url, sample.change);
      assert.equal(changed.status, 200, JSON.stringify(changed.body));
      assert.deepEqual(Object.keys(changed.body), Object.keys(created.body));
      rows.set(sample.table, { url, row: changed.body });
    }
  });

  test(`${sample.path}: lists can be filtered, sorted, counted and cut`, async () => {
    const { row } = rows.get(sample.table);
    const filled = sample.comparable.filter((column) => row[column] !== null).slice(0, 10);
    const same = new URLSearchParams(
      filled.map((column) => [`${column}[eq]`, String(row[column])]),
    );
    const list = `${server.url}${sample.path}?${same}`;
    const found = await send('GET', `${list}&count=true`);
    assert.equal(found.status, 200, JSON.stringify(found.body));
    assert.equal(found.body.total, found.body.data.length);
    assert.ok(found.body.data.some((one) => sample.key.every((name) => one[name] === row[name])));

    const [column] = filled;
    const none = await send(
      'GET',
      `${list}&${column}[ne]=${encodeURIComponent(String(row[column]))}`,
    );
    assert.deepEqual(none.body, { data: [], nextCursor: null });

    const cut = await send('GET', `${list}&sort=-${column}&fields=${column}`);
    assert.deepEqual(cut.body.data[0], { [column]: row[column] });

    for (const query of ['no_such_column=1', 'sort=no_such_column', 'fields=no_such_column']) {
      assert.equal((await send('GET', `${server.url}${sample.path}?${query}`)).status, 400);
    }
  });

  test(`${sample.path}: a row is shown with what belongs to it`, async () => {
    const { url } = rows.get(sample.table);
    if (sample.include.length > 0) {
      const { status, body } = await send('GET', `${url}?include=${sample.include.join(',')}`);
      assert.equal(status, 200, JSON.stringify(body));
      for (const name of sample.include) assert.notEqual(body[name], undefined);
    }
    for (const name of sample.nested) {
      const { status, body } = await send('GET', `${url}/${name}`);
      assert.equal(status, 200, JSON.stringify(body));
      assert.ok(Array.isArray(body.data));
    }
    assert.equal((await send('GET', `${url}?include=no_such_thing`)).status, 400);
  });

  test(`${sample.path}: a row is replaced whole, and only in the version that is named`, async () => {
    const { url } = rows.get(sample.table);
    const { headers } = await send('GET', url);
    const tag = headers.get('etag');
    assert.equal((await send('GET', url, undefined, { 'if-none-match': tag })).status, 304);
    assert.equal((await send('DELETE', url, undefined, { 'if-match': '"1"' })).status, 412);
    if (!sample.change) return;
    const body = { ...bodyOf(sample), ...sample.change };
    for (const name of sample.key) delete body[name];
    const replaced = await send('PUT', url, body, { 'if-match': tag });
    assert.equal(replaced.status, 200, JSON.stringify(replaced.body));
    assert.equal((await send('PUT', url, body, { 'if-match': tag })).status, 412);
    rows.set(sample.table, { url, row: replaced.body });
  });

  test(`${sample.path}: of many rows with a bad one none is made`, async () => {
    const list = `${server.url}${sample.path}?count=true&limit=1`;
    const before = await send('GET', list);
    const bad = [bodyOf(sample), { ...bodyOf(sample), no_such_field: 1 }];
    assert.equal((await send('POST', `${server.url}${sample.path}`, bad)).status, 400);
    assert.equal((await send('GET', list)).body.total, before.body.total);
  });

  test(`${sample.path}: a field that does not exist is refused`, async () => {
    const body = { ...bodyOf(sample), no_such_field: 1 };
    const { status, body: answer } = await send('POST', `${server.url}${sample.path}`, body);
    assert.equal(status, 400);
    assert.ok(answer.errors.some(({ field }) => field === 'no_such_field'));
  });
}

test('rows can be removed, children first', async () => {
  for (const { url } of [...rows.values()].reverse()) {
    assert.equal((await send('DELETE', url)).status, 204);
    assert.equal((await send('GET', url)).status, 404);
  }
  rows.clear();
});

after(async () => {
  for (const { url } of [...rows.values()].reverse()) await send('DELETE', url).catch(() => {});
});
