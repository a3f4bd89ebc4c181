import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Created } from '../../src/pipeline.ts';
import { startCluster } from '../support/global-cluster.ts';
import { lendFolder } from '../support/lend-folder.ts';
import { asAdmin, withSession } from '../support/provisioning.ts';
import { runCli } from '../support/run-cli.ts';
import { runInTerminal } from '../support/terminal.ts';

/** Two people with one PostgreSQL and one metadata database; a project of ada's in all its environments. The tests build on each other. */

const { folder, giveBack } = lendFolder();
let server: Awaited<ReturnType<typeof startCluster>>;
let env: Record<string, string>;
let created: Created;
let here = '';

/** What a command of somebody's came to. */
async function as(who: 'ada' | 'bob', args: readonly string[], cwd?: string) {
  const home = join(folder, who);
  const result = await runCli([...args, '--json'], { home, env, cwd: cwd ?? home, timeoutMs: 120_000 });
  const data = JSON.parse(result.stdout);
  return { code: result.code, data, error: data.error?.code as string | undefined, hint: String(data.error?.hint) };
}
const ada = (...args: string[]) => as('ada', args, here === '' ? undefined : here);
const bob = (...args: string[]) => as('bob', args);

/** What the backend's login of an environment may read. */
const database = (file: string) => parseEnv(readFileSync(join(here, file), 'utf8')).DATABASE_URL ?? '';
async function inside<T>(url: string, text: string, database?: string): Promise<readonly T[]> {
  const { hostname, port, username, password, pathname } = new URL(url);
  const login = { host: hostname, port: Number(port), user: username, password };
  const rows = await withSession({ ...login, database: database ?? pathname.slice(1) }, (query) => query(text));
  return rows as readonly T[];
}
const titles = (file: string) => inside<{ title: string }>(database(file), 'SELECT title FROM tasks ORDER BY 1');

beforeAll(async () => {
  server = await startCluster();
  const { host, port, user, password } = server.cluster;
  env = { DB_ADMIN_URL: `postgres://${user}:${password}@${host}:${port}/postgres` };
  for (const who of ['ada', 'bob'] as const) {
    expect((await as(who, ['config', 'set', 'owner', who])).code).toBe(0);
  }
  const design = 'to-do list';
  const result = await ada('create', design, '--name', 'chores', '--verify', 'none');
  expect([result.code, result.error]).toEqual([0, undefined]);
  created = result.data;
  here = created.project.directory;
}, 180_000);

afterAll(async () => {
  for (const { id, name } of (await ada('list')).data.projects) {
    expect((await as('ada', ['destroy', id, '--confirm', name])).code).toBe(0);
  }
  await giveBack().finally(() => server.stop());
}, 60_000);

test('each environment has a database, logins and files of its own', async () => {
  for (const name of ['staging', 'prod']) {
    expect((await ada('provision', '--env', name)).code).toBe(0);
    expect((await ada('migrate', 'up', '--env', name)).data.applied).toHaveLength(1);
    expect((await ada('migrate', 'status', '--env', name)).data.migrations).toMatchObject([{ state: 'applied' }]);
  }
  for (const file of ['.env', '.env.staging', '.env.production']) {
    for (const name of [file, `${file}.migrate`]) expect(statSync(join(here, name)).mode & 0o777).toBe(0o600);
  }
  const urls = ['.env', '.env.staging', '.env.production'].map(database);
  expect(new Set(urls.map((url) => new URL(url).password)).size).toBe(3);
  expect(new Set(urls.map((url) => new URL(url).pathname)).size).toBe(3);
  expect((await ada('db', 'url', '--env', 'staging')).data.url).toBe(urls[1]);
  const { databases } = (await ada('status')).data;
  expect(databases).toMatchObject(
    ['dev', 'prod', 'staging'].map((name) => ({ env: name, reachable: true, problems: [], status: 'ready' })),
  );
  for (const { storage, tables } of databases) {
    expect(storage.bytes).toBeGreaterThan(5_000_000);
    expect(tables).toEqual([{ name: 'tasks', rows: 0 }]);
  }
  const [listed] = (await ada('list')).data.projects;
  expect(listed.databases.map(({ env: name }: { env: string }) => name)).toEqual(['dev', 'prod', 'staging']);
  expect((await ada('provision', '--env', 'production')).error).toBe('usage.invalid');
});

test('no login of one environment enters another, under any name', async () => {
  const files = ['.env', '.env.migrate', '.env.staging', '.env.staging.migrate', '.env.production.migrate'];
  const targets = ['.env', '.env.staging', '.env.production'].map((file) => new URL(database(file)).pathname.slice(1));
  let attempts = 0;
  for (const url of files.map(database)) {
    const own = new URL(url).pathname.slice(1);
    for (const target of [...targets, 'postgres', 'template1', 'turbobackend_meta'].filter((name) => name !== own)) {
      await expect(inside(url, 'SELECT 1', target)).rejects.toMatchObject({ code: 'cluster.denied' });
      attempts += 1;
    }
    for (const role of targets.filter((name) => name !== own)) {
      await expect(inside(url, `SET ROLE ${role}_own`)).rejects.toThrow(/permission denied/);
      await expect(inside(url, `SET SESSION AUTHORIZATION ${role}_app`)).rejects.toThrow(/permission denied/);
    }
  }
  expect(attempts).toBe(25);
});

test('the built server runs on the database of another environment when it is given its file', async () => {
  const port = await freePort();
  const built = spawn(process.execPath, ['--env-file=.env.staging', '.output/server/index.mjs'], {
    cwd: here,
    env: { PORT: String(port) },
    stdio: 'ignore',
  });
  const url = `http://127.0.0.1:${port}`;
  try {
    await expect.poll(() => statusOf(`${url}/health`), { timeout: 15_000 }).toBe(200);
    expect(await post(url, 'on staging')).toMatchObject({ status: 201 });
    expect(await post(created.url, 'on dev')).toMatchObject({ status: 201 });
  } finally {
    built.kill();
    await once(built, 'exit');
  }
  expect(await titles('.env.staging')).toEqual([{ title: 'on staging' }]);
  expect(await titles('.env')).toEqual([{ title: 'on dev' }]);
});

test('nothing is taken away without consent, and production takes its typed name', async () => {
  const refusals = [
    [['deprovision'], '--yes'],
    [['deprovision', '--env', 'prod', '--purge', '--yes'], '--confirm chores'],
    [['destroy', '--yes'], '--confirm chores'],
  ] as const;
  for (const [args, flag] of refusals) {
    const { code, error, hint } = await ada(...args);
    expect([args, code, error]).toEqual([args, 2, 'confirm.needed']);
    expect(hint).toContain(flag);
  }
  const { databases, server: running } = (await ada('status')).data;
  expect(databases.map(({ status }: { status: string }) => status)).toEqual(['ready', 'ready', 'ready']);
  expect(running.status).toBe('running');
});

test('a database goes to the trash with its server stopped, comes back with its rows, and says how', async () => {
  const gone = await ada('deprovision', '--yes');
  expect(gone).toMatchObject({ code: 0, data: { env: 'dev', changed: true, serverWasRunning: true } });
  expect(gone.data.undo).toMatch(new RegExp(`deprovision ${created.project.id} --undo$`));
  expect(await statusOf(`${created.url}/health`)).toBeNull();
  const again = await ada('deprovision');
  expect(again).toMatchObject({ code: 0, data: { changed: false, trash: gone.data.trash } });
  expect((await ada('status')).data.database).toMatchObject({
    status: 'trashed',
    reachable: false,
    trash: { name: gone.data.trash },
    storage: { bytes: expect.any(Number) },
  });
  const start = await ada('start');
  expect([start.code, start.error, start.hint.includes('--undo')]).toEqual([3, 'project.incomplete', true]);
  expect(await ada('deprovision', '--undo')).toMatchObject({ code: 0, data: { env: 'dev' } });
  expect(await titles('.env')).toEqual([{ title: 'on dev' }]);
  expect(await ada('deprovision', '--undo')).toMatchObject({ code: 2, error: 'database.not_in_trash' });
  expect((await ada('start')).code).toBe(0);
  expect(await statusOf(`${created.url}/tasks`)).toBe(200);
});

test('provision brings back from the trash, too; production by its name; what is purged is gone', async () => {
  expect((await ada('deprovision', '--env', 'prod', '--confirm', 'chores')).data.changed).toBe(true);
  expect((await ada('status')).data.server.status).toBe('running');
  expect((await ada('provision', '--env', 'prod')).data).toMatchObject({ wasInTrash: true });
  expect((await ada('deprovision', '--env', 'staging', '--yes')).data.changed).toBe(true);
  expect(await ada('deprovision', '--env', 'staging', '--purge', '--yes')).toMatchObject({
    code: 0,
    data: { changed: true, trash: null, undo: null },
  });
  expect(await ada('deprovision', '--env', 'staging', '--purge')).toMatchObject({ code: 0, data: { changed: false } });
  expect(await ada('deprovision', 'nobody-made-this')).toMatchObject({ code: 2, error: 'project.not_found' });
  expect(await ada('deprovision', '--undo', '--purge')).toMatchObject({ code: 2, error: 'usage.invalid' });
});

test('a migration that takes data away from production asks for the name, and no other does', async () => {
  const write = (name: string, sql: string) => writeFileSync(join(here, 'migrations', `${name}.sql`), sql);
  const up = (...args: string[]) => ada('migrate', 'up', '--env', 'prod', ...args);
  write('20300101000000_add_extras', 'CREATE TABLE extras (id int);\n');
  // What developers have not tried is not in the sum, and only their database adds it there.
  expect(await up()).toMatchObject({ code: 3, error: 'migration.changed' });
  expect((await ada('migrate', 'up')).data.applied).toHaveLength(1);
  expect((await up()).data.applied).toHaveLength(1);
  write('20300101000001_drop_extras', 'DROP TABLE extras;\n');
  expect((await ada('migrate', 'up')).data.applied).toHaveLength(1);
  const refused = await up('--yes');
  expect([refused.code, refused.error]).toEqual([2, 'confirm.needed']);
  expect(refused.data.error.message).toContain('20300101000001_drop_extras.sql:1 drops a table');
  expect(await inside(database('.env.production'), 'SELECT id FROM extras')).toEqual([]);
  expect((await up('--confirm', 'chores')).data.applied).toHaveLength(1);
});

test('on a terminal the name is typed, and anything else changes nothing', async () => {
  const home = join(folder, 'ada');
  writeFileSync(join(home, '.env'), `DB_ADMIN_URL="${env.DB_ADMIN_URL}"\n`);
  const at = /Type chores to do it/;
  const wrong = await runInTerminal(['deprovision', created.project.id, '--env', 'prod'], { home, at, press: 'yes\r' });
  expect([wrong.code, wrong.isCooked]).toEqual([2, true]);
  expect((await ada('status')).data.databases).toMatchObject([{ status: 'ready' }, { status: 'ready' }]);
  const right = await runInTerminal(['deprovision', created.project.id, '--env', 'prod'], {
    home,
    at,
    press: 'chores\r',
  });
  expect(right.code).toBe(0);
  expect(right.screen).toContain(`deprovision ${created.project.id} --env prod --undo`);
  expect((await ada('provision', '--env', 'prod')).code).toBe(0);
});

test('somebody else may look, and not act', async () => {
  const { id } = created.project;
  expect((await bob('list')).data.projects).toEqual([]);
  expect((await bob('list', '--all')).data.projects).toMatchObject([{ id, owner: 'ada' }]);
  expect((await bob('status', id)).code).toBe(0);
  const acts = [
    ['db', 'url', id],
    ['deprovision', id, '--yes'],
    ['destroy', id, '--confirm', 'chores'],
    ['limits', id, '--connections', '5'],
    ['create', 'to-do list', '--dir', here],
  ];
  for (const args of acts) expect([args, (await bob(...args)).error]).toEqual([args, 'project.not_yours']);
  for (const args of [['provision'], ['migrate', 'up'], ['scaffold']]) {
    const refused = await as('bob', args, here);
    expect([args, refused.code, refused.error]).toEqual([args, 3, 'project.not_yours']);
    expect(refused.data.error.message).toContain('ada');
  }
  expect((await ada('status')).data).toMatchObject({ server: { status: 'running' }, database: { reachable: true } });
});

test('limits are shown with where they come from, set, carried out, and end writing with 507', async () => {
  expect((await ada('limits')).data.limits).toEqual({
    connections: { value: 20, from: 'setting' },
    statementTimeoutSeconds: { value: 15, from: 'setting' },
    storageMb: { value: null, from: 'setting' },
  });
  const set = await ada('limits', '--connections', '12', '--statement-timeout', '9', '--storage', '10');
  expect(set.data.limits).toEqual({
    connections: { value: 12, from: 'project' },
    statementTimeoutSeconds: { value: 9, from: 'project' },
    storageMb: { value: 10, from: 'project' },
  });
  expect(await inside(database('.env'), 'SHOW statement_timeout')).toEqual([{ statement_timeout: '9s' }]);
  await inside(
    database('.env.migrate'),
    `INSERT INTO app.tasks (id, title, description)
     SELECT n::text, 'filler', repeat(md5(n::text), 30) FROM generate_series(1, 6000) n`,
  );
  expect((await post(created.url, 'still fits')).status).toBe(201);
  const warned = await runCli(['start'], { home: join(folder, 'ada'), env, cwd: here });
  expect(warned.stderr).toMatch(/of 10 MB \(\d+ %\): its backend may only read and delete/);
  expect(await post(created.url, 'too much')).toMatchObject({
    status: 507,
    type: 'application/problem+json',
    body: { status: 507, detail: expect.stringContaining('storage limit') },
  });
  expect(await statusOf(`${created.url}/tasks?limit=1`)).toBe(200);
  expect((await ada('status')).data.database.storage).toMatchObject({ level: 'over', limitMb: 10 });
  expect((await ada('limits', '--storage', 'none')).data.limits.storageMb).toEqual({ value: null, from: 'project' });
  expect((await post(created.url, 'room again')).status).toBe(201);
  for (const [option, value] of [
    ['--storage', '9'],
    ['--connections', 'none'],
  ] as const) {
    expect([option, (await ada('limits', option, value)).error]).toEqual([option, 'usage.invalid']);
  }
  await ada('config', 'set', 'limits.databases', '2');
  expect(await ada('provision', '--env', 'staging')).toMatchObject({ code: 3, error: 'limit.reached' });
  expect(existsSync(join(here, '.env.staging'))).toBe(false);
  await ada('config', 'unset', 'limits.databases');
});

test('an orphan goes only when its exact name is given', async () => {
  const name = `${created.database?.name}_staging`;
  await ada('provision', '--env', 'staging');
  await asAdmin(server.cluster, 'turbobackend_meta', (query) =>
    query('DELETE FROM turbobackend.project_databases WHERE db_name = $1', [name]),
  );
  expect(await ada('deprovision', '--orphan', name, '--yes')).toMatchObject({ code: 2, error: 'confirm.needed' });
  expect(await ada('deprovision', '--orphan', name, '--confirm', name)).toMatchObject({ data: { changed: true } });
  const stranger = 'turbobackend_proj_strangersstrange';
  await asAdmin(server.cluster, 'postgres', (query) => query(`CREATE DATABASE ${stranger}`));
  const foreign = await ada('deprovision', '--orphan', stranger, '--confirm', stranger);
  expect([foreign.code, foreign.error]).toEqual([5, 'database.foreign']);
  expect((await ada('status')).data.databases).toHaveLength(2);
});

const inMetadata = (text: string, values: readonly unknown[]) =>
  asAdmin(server.cluster, 'turbobackend_meta', (query) => query(text, values));
const isThere = async (name: string) =>
  (await asAdmin(server.cluster, 'postgres', (query) => query('SELECT FROM pg_database WHERE datname = $1', [name])))
    .length === 1;

test('old trash is named before anybody consents, goes after that, and never from production', async () => {
  const { id } = created.project;
  await ada('provision', '--env', 'staging');
  const old = (await ada('deprovision', '--env', 'staging', '--yes')).data.trash;
  const prod = (await ada('deprovision', '--env', 'prod', '--confirm', 'chores')).data.trash;
  await inMetadata(
    'UPDATE turbobackend.project_databases SET trashed_at = trashed_at - 8 * 86400 WHERE project_id = $1',
    [id],
  );
  const asked = await ada('deprovision');
  expect([asked.code, asked.error]).toEqual([2, 'confirm.needed']);
  expect(asked.data.error.message).toContain(old);
  expect(asked.data.error.message).not.toContain(prod);
  expect((await ada('deprovision', '--env', 'prod')).data).toMatchObject({ changed: false, swept: [] });
  expect(await isThere(old)).toBe(true);
  expect((await ada('deprovision', '--yes')).data).toMatchObject({ changed: true, swept: [old] });
  expect([await isThere(old), await isThere(prod)]).toEqual([false, true]);
});

test('what is left of a project that is gone is told of by name, and goes as an orphan', async () => {
  const [home, id] = [join(folder, 'ada'), 'leftbehindproje1'];
  const left = join(home, 'left');
  mkdirSync(left);
  const manifest = JSON.parse(readFileSync(join(here, 'turbobackend.json'), 'utf8'));
  writeFileSync(join(left, 'turbobackend.json'), JSON.stringify({ ...manifest, id, name: 'left' }));
  expect((await as('ada', ['provision'], left)).code).toBe(0);
  await inMetadata('DELETE FROM turbobackend.projects WHERE id = $1', [id]);
  await inMetadata(
    `INSERT INTO turbobackend.activity_logs (project_id, action, details, created_at)
     VALUES ($1, 'destroyed', '{"name": "left"}', 0)`,
    [id],
  );
  const name = `turbobackend_proj_${id}`;
  for (const args of [
    ['deprovision', id],
    ['deprovision', 'left'],
    ['deprovision', id, '--undo'],
    ['destroy', 'left'],
  ]) {
    const { code, error, hint } = await ada(...args);
    expect([args, code, error]).toEqual([args, 2, 'project.not_found']);
    expect(hint).toContain(`deprovision --orphan ${name}`);
  }
  expect(await ada('deprovision', '--orphan', name, '--yes')).toMatchObject({ code: 2, error: 'confirm.needed' });
  expect((await ada('deprovision', '--orphan', name, '--confirm', name)).data).toMatchObject({ changed: true });
  expect(await isThere(name)).toBe(false);
  expect((await ada('deprovision', 'left')).data).toEqual({ changed: false });
});

/** Null when nobody answers. */
async function statusOf(url: string): Promise<number | null> {
  return fetch(url).then(
    ({ status }) => status,
    () => null,
  );
}

async function post(url: string, title: string) {
  const body = JSON.stringify({ title });
  const response = await fetch(`${url}/tasks`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  });
  return { status: response.status, type: response.headers.get('content-type'), body: await response.json() };
}

async function freePort(): Promise<number> {
  const listener = createServer().listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const address = listener.address();
  listener.close();
  if (address === null || typeof address === 'string') throw new Error('a TCP server has a port');
  return address.port;
}
