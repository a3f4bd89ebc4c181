import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nanoid } from 'nanoid';
import pg from 'pg';
import { afterAll, afterEach, expect, inject, test } from 'vitest';
import { postgresState } from '../../../src/adapters/state-store/postgres/postgres-state.ts';
import type { StateStore } from '../../../src/ports/state-store.ts';

const cluster = inject('cluster');
const database = `state_test_${process.pid}_${Date.now()}`;
const stores: StateStore[] = [];

async function asAdmin<T>(name: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ ...cluster, database: name });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

function openStore(options: { schema?: string; migrationsFolder?: string; now?: () => number } = {}): StateStore {
  const store = postgresState({
    login: async (name) => ({ ...cluster, database: name }),
    database,
    schema: options.schema ?? 'turbobackend',
    migrationsFolder: options.migrationsFolder ?? join(import.meta.dirname, '../../../templates/state'),
    owner: 'ada',
    clock: { now: options.now ?? (() => 1000), elapsedMs: () => 0, sleep: async () => {} },
    ids: { projectId: () => 'unused', rowId: () => nanoid() },
  });
  stores.push(store);
  return store;
}

const project = (id: string, directory: string) => ({
  id: id.padEnd(16, '0'),
  name: 'blog',
  request: 'blog API',
  directory,
  createdAt: 1000,
});
const wish = (id: string, desired: 'present' | 'trashed' | 'absent' = 'present') => ({
  projectId: id.padEnd(16, '0'),
  env: 'dev' as const,
  databaseName: `turbobackend_proj_${id}`,
  systemIdentifier: '42',
  desired,
  secrets: { mig: 'sealed-m', app: 'sealed-a', ro: 'sealed-r' },
  ...(desired === 'trashed' ? { trashName: `turbobackend_trash_${id}_1` } : {}),
});

afterEach(async () => {
  for (const store of stores.splice(0)) await store.close();
});
afterAll(() => asAdmin('postgres', (client) => client.query(`drop database if exists ${database} with (force)`)));

test('twenty processes may make the metadata database at once', async () => {
  const lists = await Promise.all(Array.from({ length: 20 }, () => openStore().listProjects()));
  expect(lists).toEqual(Array.from({ length: 20 }, () => []));
  const open = await asAdmin('postgres', (client) =>
    client.query(
      `select datname from pg_database d, aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) a
       where a.grantee = 0 and datname = $1`,
      [database],
    ),
  );
  expect(open.rows).toEqual([]);
});

test('two projects cannot claim one folder; the second is given the first', async () => {
  const [one, two] = [openStore(), openStore()];
  const claims = await Promise.all([
    one.claimProject(project('aaa', '/p/one')),
    two.claimProject(project('bbb', '/p/one')),
  ]);
  expect(claims[0]).toEqual(claims[1]);
  expect(await one.findProjectByDirectory('/p/one')).toEqual(claims[0]);
});

test('a project can be found, marked ready and deleted with all that hangs on it', async () => {
  const store = openStore();
  const { id } = await store.claimProject(project('ccc', '/p/ccc'));
  await store.setProjectStatus(id, 'ready');
  expect((await store.findProject(id))?.status).toBe('ready');
  const deployment = {
    projectId: id,
    target: 'local',
    url: 'http://127.0.0.1:20000',
    port: 20000,
    status: 'running',
    pid: 1,
    startedAt: 1000,
    restarts: 0,
  } as const;
  await store.recordDeployment(deployment, '/p/ccc');
  await store.recordDeployment({ ...deployment, port: 20001 }, '/p/ccc');
  await store.recordGeneration({
    projectId: id,
    schema: { version: 1 },
    files: { a: 'b' },
    toolVersion: '1',
    framework: 'hono',
    directory: '/p/ccc',
  });
  await store.deleteProject(id);
  expect(await store.findProject(id)).toBeNull();
});

test('a wish keeps its first secrets, and a settled one is not touched again', async () => {
  const store = openStore();
  const first = await store.wishDatabase(wish('ddd'));
  expect(first).toMatchObject({ generation: 1, status: 'creating' });
  const again = await store.wishDatabase({ ...wish('ddd'), secrets: { mig: 'x', app: 'y', ro: 'z' } });
  expect(again).toMatchObject({ generation: 2, secrets: first.secrets });
  expect(await store.settleDatabase(first.projectId, 'dev', 2, { status: 'ready' })).toBe(true);
  expect(await store.wishDatabase(wish('ddd'))).toMatchObject({ generation: 2, status: 'ready' });
});

test('a late writer with an old generation changes nothing', async () => {
  const store = openStore();
  const { projectId } = await store.wishDatabase(wish('eee'));
  await store.wishDatabase(wish('eee', 'absent'));
  expect(await store.settleDatabase(projectId, 'dev', 1, { status: 'ready' })).toBe(false);
  expect(await store.deleteDatabase(projectId, 'dev', 1)).toBe(false);
  expect(await store.findDatabase(projectId, 'dev')).toMatchObject({ desired: 'absent', status: 'deleting' });
  expect(await store.deleteDatabase(projectId, 'dev', 2)).toBe(true);
});

/** Wished, and settled as carried out. */
async function settled(store: StateStore, id: string, desired: 'present' | 'trashed') {
  const { projectId, generation } = await store.wishDatabase(wish(id, desired));
  await store.settleDatabase(projectId, 'dev', generation, { status: desired === 'present' ? 'ready' : 'trashed' });
  return projectId;
}
const put = (change: string, projectId: string) =>
  asAdmin(database, (client) =>
    client.query(`update turbobackend.project_databases set ${change} where project_id = $1`, [projectId]),
  );
const DAY = 86_400;

test('when something went to the trash, and when that is over, is said by the clock of the server alone', async () => {
  const [behind, ahead] = [
    openStore({ now: () => 1000 }),
    openStore({ now: () => Math.floor(Date.now() / 1000) + 8 * DAY }),
  ];
  const ids = [await settled(behind, 'fff', 'trashed'), await settled(ahead, 'ggg', 'trashed')];
  for (const id of ids) {
    const { trashedAt } = (await behind.findDatabase(id, 'dev')) ?? {};
    expect(Math.abs((trashedAt ?? 0) - Date.now() / 1000)).toBeLessThan(3600);
  }
  for (const store of [behind, ahead]) expect(await store.listExpiredTrash()).toEqual([]);
  for (const id of ids) await put(`trashed_at = trashed_at - ${7 * DAY - 3600}`, id);
  for (const store of [behind, ahead]) expect(await store.listExpiredTrash()).toEqual([]);
  for (const id of ids) await put('trashed_at = trashed_at - 3600', id);
  for (const store of [behind, ahead]) {
    expect((await store.listExpiredTrash()).map(({ projectId }) => projectId)).toEqual(ids);
  }
  await behind.wishDatabase(wish('fff'));
  expect((await behind.listExpiredTrash()).map(({ projectId }) => projectId)).toEqual([ids[1]]);
});

test.each(['present', 'absent'] as const)(
  'the days in the trash begin anew after a wish for %s that was cut, and not when going there is only repeated',
  async (cut) => {
    const store = openStore();
    const id = await settled(store, `h${cut}`, 'trashed');
    await put('trashed_at = 5', id);
    await settled(store, `h${cut}`, 'trashed');
    expect(await store.findDatabase(id, 'dev')).toMatchObject({ trashedAt: 5 });
    await put("status = 'deleting'", id);
    await settled(store, `h${cut}`, 'trashed');
    expect(await store.findDatabase(id, 'dev')).toMatchObject({ status: 'trashed', trashedAt: 5 });
    await store.wishDatabase(wish(`h${cut}`, cut));
    await settled(store, `h${cut}`, 'trashed');
    expect((await store.findDatabase(id, 'dev'))?.trashedAt).toBeGreaterThan(1_700_000_000);
  },
);

test('limits, a new key and the end of a rotation do not make work that was cut look new', async () => {
  let now = 1000;
  const store = openStore({ now: () => now });
  const { projectId: id, generation } = await store.wishDatabase(wish('iii'));
  await put("rotation = 'files'", id);
  now = 5000;
  await store.setLimits(id, 'dev', { connections: 3, storageMb: 'none' });
  await store.setLimits(id, 'dev', {});
  await store.resealSecret({ projectId: id, env: 'dev', role: 'app', slot: 'secrets' }, 'sealed-a', 'sealed-b');
  await store.endRotation(id, 'dev');
  expect(await store.findDatabase(id, 'dev')).toMatchObject({
    updatedAt: 1000,
    rotation: null,
    secrets: { app: 'sealed-b' },
    limits: { connections: 3, statementTimeoutSeconds: null, storageMb: 'none' },
  });
  await store.settleDatabase(id, 'dev', generation, { status: 'ready' });
  expect(await store.findDatabase(id, 'dev')).toMatchObject({ updatedAt: 5000 });
});

test('a rotation ends only when the files are all it waits for', async () => {
  const store = openStore();
  const id = await settled(store, 'jjj', 'present');
  const { generation } = (await store.findDatabase(id, 'dev')) ?? { generation: 0 };
  expect(await store.beginRotation(id, 'dev', generation, { mig: 'm2', app: 'a2', ro: 'r2' })).toBe(true);
  await store.endRotation(id, 'dev');
  expect(await store.findDatabase(id, 'dev')).toMatchObject({ rotation: 'roles', nextSecrets: { app: 'a2' } });
});

test('records that have outlived their project are found by its id, and by its name unless that lives again', async () => {
  const store = openStore();
  const { id } = await store.claimProject({ ...project('kkk', '/p/kkk'), name: 'shop' });
  await settled(store, 'kkk', 'present');
  const found = async (wanted?: string) => (await store.listForsaken(wanted)).map(({ projectId }) => projectId);
  expect(await found()).not.toContain(id);
  expect(await found(id)).toEqual([]);
  await store.recordActivity({ projectId: id, action: 'destroyed', details: { name: 'shop' } });
  await store.deleteProject(id);
  expect(await found()).toContain(id);
  for (const wanted of [id, 'shop']) expect(await found(wanted)).toEqual([id]);
  expect(await found("shop' OR true --")).toEqual([]);
  await store.claimProject({ ...project('lll', '/p/lll'), name: 'shop' });
  expect(await found('shop')).toEqual([]);
  expect(await found(id)).toEqual([id]);
});

test('records of queries, calls and activities are kept, unknown prices as null', async () => {
  const store = openStore({ schema: 'other_schema' });
  const call = { projectId: null, phase: 'detect', provider: 'p', model: 'm', key: null, reservedUsd: 1 };
  const end = { tokens: { input: 1, output: null, cached: null, reasoning: 0 }, ms: 3.4, answer: null };
  await store.endModelCall(await store.beginModelCall(call), { ...end, costUsd: null, outcome: 'ok' });
  await store.endModelCall(await store.beginModelCall(call), { ...end, costUsd: 0.00085, outcome: 'failed' });
  await store.recordQuery({ projectId: 'x', env: 'dev', kind: 'provision', sql: "select 'it''s'" });
  await store.recordActivity({ projectId: null, action: 'created' });
  const rows = await asAdmin(database, (client) =>
    client.query('select cost_usd, ms, outcome from other_schema.model_calls order by id'),
  );
  expect(rows.rows).toEqual([
    { cost_usd: null, ms: 3, outcome: 'ok' },
    { cost_usd: '0.000850', ms: 3, outcome: 'failed' },
  ]);
});

test('a metadata database that is newer than the program is refused and left alone', async () => {
  await openStore({ schema: 'newer' }).listProjects();
  await asAdmin(database, (client) => client.query('insert into newer.metadata_versions values (9999, 0)'));
  await expect(openStore({ schema: 'newer' }).listProjects()).rejects.toMatchObject({ code: 'metadata.newer' });
});

test('a migration that fails leaves nothing of itself behind', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tb-migrations-'));
  try {
    await writeFile(join(folder, '0001_half.sql'), 'create table first_half (a int); select 1/0;');
    const broken = openStore({ schema: 'broken', migrationsFolder: folder });
    await expect(broken.listProjects()).rejects.toMatchObject({ code: '22012' });
    const left = await asAdmin(database, (client) =>
      client.query("select 1 from information_schema.tables where table_name = 'first_half'"),
    );
    expect(left.rows).toEqual([]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test('a restart of the connections between two calls is survived', async () => {
  const store = openStore();
  await store.listProjects();
  await asAdmin('postgres', (client) =>
    client.query('select pg_terminate_backend(pid, 60000) from pg_stat_activity where datname = $1', [database]),
  );
  expect(Array.isArray(await store.listProjects())).toBe(true);
});

test('a connection that breaks in the middle of a call is told in our words', async () => {
  const store = openStore();
  await store.listProjects();
  const backends = "select pid, query from pg_stat_activity where application_name = 'turbobackend' and datname = $1";
  const locked = await asAdmin(database, async (client) => {
    await client.query('begin');
    await client.query('lock table turbobackend.projects in access exclusive mode');
    const waiting = store.listProjects().catch((error: unknown) => error);
    await expect
      .poll(async () => (await client.query(`${backends} and wait_event_type = 'Lock'`, [database])).rowCount)
      .toBe(1);
    await client.query(`select pg_terminate_backend(pid) from (${backends} and wait_event_type = 'Lock') waiting`, [
      database,
    ]);
    const error = await waiting;
    await client.query('rollback');
    return error;
  });
  expect(locked).toMatchObject({ code: 'cluster.unreachable' });
});
