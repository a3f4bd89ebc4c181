import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { lendHousehold } from '../support/household.ts';
import { runCli } from '../support/run-cli.ts';
import { runInTerminal } from '../support/terminal.ts';

/** A project in all its environments. The tests build on each other; more of them are in environments.long.test.ts. */

const stage = lendHousehold();
const { folder, ada, database, inside, titles } = stage;

test('each environment has a database, logins and files of its own', async () => {
  for (const name of ['staging', 'prod']) {
    expect((await ada('provision', '--env', name)).code).toBe(0);
    expect((await ada('migrate', 'up', '--env', name)).data.applied).toHaveLength(1);
    expect((await ada('migrate', 'status', '--env', name)).data.migrations).toMatchObject([{ state: 'applied' }]);
  }
  for (const file of ['.env', '.env.staging', '.env.production']) {
    for (const name of [file, `${file}.migrate`]) expect(statSync(join(stage.here, name)).mode & 0o777).toBe(0o600);
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
    cwd: stage.here,
    env: { PORT: String(port) },
    stdio: 'ignore',
  });
  const url = `http://127.0.0.1:${port}`;
  try {
    await expect.poll(() => statusOf(`${url}/health`)).toBe(200);
    expect(await post(url, 'on staging')).toMatchObject({ status: 201 });
    expect(await post(stage.created.url, 'on dev')).toMatchObject({ status: 201 });
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
  expect(gone.data.undo).toMatch(new RegExp(`deprovision ${stage.created.project.id} --undo$`));
  expect(await statusOf(`${stage.created.url}/health`)).toBeNull();
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
  expect(await statusOf(`${stage.created.url}/tasks`)).toBe(200);
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

test('on a terminal the name is typed, and anything else changes nothing', async () => {
  const home = join(folder, 'ada');
  writeFileSync(join(home, '.env'), `DB_ADMIN_URL="${stage.env.DB_ADMIN_URL}"\n`);
  const at = /Type chores to do it/;
  const wrong = await runInTerminal(['deprovision', stage.created.project.id, '--env', 'prod'], {
    home,
    at,
    press: 'yes\r',
  });
  expect([wrong.code, wrong.isCooked]).toEqual([2, true]);
  expect((await ada('status')).data.databases).toMatchObject([{ status: 'ready' }, { status: 'ready' }]);
  const right = await runInTerminal(['deprovision', stage.created.project.id, '--env', 'prod'], {
    home,
    at,
    press: 'chores\r',
  });
  expect(right.code).toBe(0);
  expect(right.screen).toContain(`deprovision ${stage.created.project.id} --env prod --undo`);
  expect((await ada('provision', '--env', 'prod')).code).toBe(0);
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
  expect((await post(stage.created.url, 'still fits')).status).toBe(201);
  const warned = await runCli(['start'], { home: join(folder, 'ada'), env: stage.env, cwd: stage.here });
  expect(warned.stderr).toMatch(/of 10 MB \(\d+ %\): its backend may only read and delete/);
  expect(await post(stage.created.url, 'too much')).toMatchObject({
    status: 507,
    type: 'application/problem+json',
    body: { status: 507, detail: expect.stringContaining('storage limit') },
  });
  expect(await statusOf(`${stage.created.url}/tasks?limit=1`)).toBe(200);
  expect((await ada('status')).data.database.storage).toMatchObject({ level: 'over', limitMb: 10 });
  expect((await ada('limits', '--storage', 'none')).data.limits.storageMb).toEqual({ value: null, from: 'project' });
  expect((await post(stage.created.url, 'room again')).status).toBe(201);
  for (const [option, value] of [
    ['--storage', '9'],
    ['--connections', 'none'],
  ] as const) {
    expect([option, (await ada('limits', option, value)).error]).toEqual([option, 'usage.invalid']);
  }
  await ada('config', 'set', 'limits.databases', '2');
  expect(await ada('provision', '--env', 'staging')).toMatchObject({ code: 3, error: 'limit.reached' });
  expect(existsSync(join(stage.here, '.env.staging'))).toBe(false);
  await ada('config', 'unset', 'limits.databases');
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
