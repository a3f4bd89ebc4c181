import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ContractBackend, startContractBackend } from '../../support/contract-backend.ts';
import { run } from '../../support/generated-projects.ts';

/** Nobody signs up by this document: whoever runs the backend makes keys. */
let backend: ContractBackend;

beforeAll(async () => {
  backend = await startContractBackend('todos.json');
});
afterAll(() => backend?.stop());

async function withClient<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client(backend.database.login('mig'));
  await client.connect();
  return work(client).finally(() => client.end());
}

async function addKey(name: string, days?: number): Promise<string> {
  const { addKey: add } = await import(join(backend.directory, 'scripts/api-keys.mjs'));
  return withClient((client) => add(client, { name, days }));
}

const list = { name: 'Groceries' };

test('its own tests pass, with a key made for each person in them', async () => {
  const { code, output } = await backend.test();
  expect([code, output.match(/^not ok .*|error: .*|^# fail .*/gm)]).toEqual([0, ['# fail 0']]);
});

test('a key opens the operations where the document says it stands, and nowhere else', async () => {
  const key = await addKey('website');
  const { status, body, problems } = await backend.ask('POST', '/lists', list, { 'x-api-key': key });
  expect([status, problems]).toEqual([201, []]);
  expect((await backend.ask('GET', `/lists/${body.id}`, undefined, { 'X-API-KEY': key })).body).toEqual(body);
  for (const headers of [{}, { authorization: `Bearer ${key}` }, { cookie: `X-API-Key=${key}` }, { 'x-api-key': '' }])
    expect((await backend.ask('GET', `/lists/${body.id}`, undefined, headers)).status).toBe(401);
  expect((await backend.ask('GET', `/lists?X-API-Key=${key}`)).status).toBe(401);
});

test('a key that is over, taken back or a hash opens nothing', async () => {
  const [old, gone] = [await addKey('old', 1), await addKey('gone')];
  const hashes = await withClient(async (client) => {
    await client.query(`update app.api_keys set expires_at = now() where name = 'old'`);
    await client.query(`delete from app.api_keys where name = 'gone'`);
    return (await client.query<{ key_hash: string }>('select key_hash from app.api_keys')).rows;
  });
  expect(hashes.length).toBeGreaterThan(0);
  for (const key of [old, gone, ...hashes.map(({ key_hash }) => key_hash), `' or 1=1 --`, '%00'])
    expect((await backend.ask('GET', '/lists', undefined, { 'x-api-key': key })).status).toBe(401);
  expect(JSON.stringify(hashes)).not.toContain(old);
});

test('the script of the project makes, lists and takes back keys, and says what is wrong', async () => {
  const { user, password, host, port, database } = backend.database.login('mig');
  const env = { ...process.env, MIGRATION_DATABASE_URL: `postgres://${user}:${password}@${host}:${port}/${database}` };
  const script = (...args: string[]) => run(process.execPath, ['scripts/api-keys.mjs', ...args], { cwd, env });
  const cwd = backend.directory;
  const { code, output } = await script('add', 'printed');
  expect([code, output.trim()]).toEqual([0, expect.stringMatching(/^[\w-]{43}$/)]);
  expect((await backend.ask('GET', '/lists', undefined, { 'x-api-key': output.trim() })).status).toBe(200);
  expect(await script('add', 'printed')).toEqual({ code: 1, output: 'api-keys: there is a key of that name.\n' });
  expect((await script('list')).output).toContain('printed');
  expect((await script('add', 'x', '--scopes', 'all')).output).toContain('all is no scope of the document');
  expect((await script('remove', 'printed')).code).toBe(0);
  expect((await backend.ask('GET', '/lists', undefined, { 'x-api-key': output.trim() })).status).toBe(401);
  expect((await script('remove', 'printed')).code).toBe(1);
});

test('an operation that nobody wrote yet asks for the key first', async () => {
  expect((await backend.ask('GET', '/search?q=x')).status).toBe(401);
  const key = { 'x-api-key': await addKey('searcher') };
  expect((await backend.ask('GET', '/search?q=x', undefined, key)).status).toBe(501);
});
