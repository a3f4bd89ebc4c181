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
    }
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
