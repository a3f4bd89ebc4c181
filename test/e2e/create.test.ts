import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Created } from '../../src/pipeline/created.ts';
import { installPackage } from '../support/install-package.ts';
import { lendFolder } from '../support/lend-folder.ts';
import { killPostgres } from '../support/postmaster.ts';
import { runCli } from '../support/run-cli.ts';
import { stopHome } from '../support/stop-home.ts';

/**
 * The whole story as a stranger lives it: the packed program with nothing but what it needs at run time, on an embedded
 * PostgreSQL made from nothing. The tests build on each other.
 */

const { folder: home, giveBack } = lendFolder();
const program = installPackage(join(home, 'installed'));
const options = { home, program };
const cli = (...args: string[]) => runCli(args, options);
const inProject = (directory: string, ...args: string[]) => runCli(args, { ...options, cwd: directory });
let created: Created;

beforeAll(async () => {
  const result = await cli('create', 'blog API', '--json');
  expect(result).toMatchObject({ code: 0, stderr: '' });
  created = JSON.parse(result.stdout);
});

afterAll(async () => {
  await stopHome(home).finally(giveBack);
});

test('a sentence becomes a backend whose every table can be written and read over HTTP', async () => {
  expect(created.existed).toBe(false);
  expect(created.database?.tables.length).toBeGreaterThan(1);
  expect(created.checks.length).toBeGreaterThan(5);
  expect(created.checks.every((check) => check.passed)).toBe(true);
  const health = await fetch(`${created.url}/health`);
  expect([health.status, await health.json()]).toEqual([200, { status: 'ok', database: 'ok' }]);
  for (const table of created.database?.tables ?? []) {
    const list = await fetch(`${created.url}/${table.replaceAll('_', '-')}`);
    expect([table, list.status, await list.json()]).toEqual([table, 200, { data: [], nextCursor: null }]);
  }
});

test('nothing shown holds a password, and .env is only for its owner', async () => {
  const { directory } = created.project;
  const password = /DB_PASSWORD="(.+)"/.exec(readFileSync(join(directory, '.env'), 'utf8'))?.[1] ?? '';
  expect(password.length).toBeGreaterThan(40);
  expect(JSON.stringify(created)).not.toContain(password);
  for (const file of ['.env', '.env.migrate']) expect(statSync(join(directory, file)).mode & 0o777).toBe(0o600);
  expect(readFileSync(join(directory, '.gitignore'), 'utf8').split('\n')).toContain('.env');
});

test('the same command again changes nothing and says so', async () => {
  const again = await cli('create', 'blog API', '--json');
  expect(again.code).toBe(0);
  expect(JSON.parse(again.stdout)).toMatchObject({ existed: true, url: created.url, project: created.project });
});

test('another request for the same folder is refused, and so is a folder with something in it', async () => {
  const other = await cli('create', 'to-do list', '--dir', created.project.directory, '--json');
  expect([other.code, JSON.parse(other.stdout).error.code]).toEqual([5, 'project.exists']);
  const occupied = await cli('create', 'to-do list', '--dir', home, '--json');
  expect([occupied.code, JSON.parse(occupied.stdout).error.code]).toEqual([5, 'project.exists']);
});

test('status, list and migrate status tell what is there', async () => {
  const { directory, id } = created.project;
  const status = JSON.parse((await inProject(directory, 'status', '--json')).stdout);
  expect(status).toMatchObject({
    project: { id, status: 'ready' },
    database: { reachable: true, status: 'ready' },
    server: { status: 'running', url: created.url },
  });
  const list = JSON.parse((await cli('list', '--json')).stdout);
  expect(list.projects).toMatchObject([{ id, server: 'running', url: created.url }]);
  const migrations = JSON.parse((await inProject(directory, 'migrate', 'status', '--json')).stdout);
  expect(migrations.migrations).toMatchObject([{ name: 'initial', state: 'applied' }]);
});

test('a server that is killed comes back by itself; one whose database is killed is up again after start', async () => {
  const { directory } = created.project;
  const before = JSON.parse((await inProject(directory, 'status', '--json')).stdout).server;
  process.kill(before.pid, 'SIGKILL');
  await expect.poll(async () => (await health(created.url)) === 200).toBe(true);
  const after = JSON.parse((await inProject(directory, 'status', '--json')).stdout).server;
  expect(after).toMatchObject({ status: 'running', restarts: 1 });
  expect(after.pid).not.toBe(before.pid);

  await killPostgres(join(home, 'turbobackend'));
  expect(await health(created.url)).toBe(503);
  expect((await inProject(directory, 'start')).code).toBe(0);
  await expect.poll(async () => (await health(created.url)) === 200).toBe(true);
});

test('stop and start, each twice', async () => {
  const { directory } = created.project;
  const outcomes = [];
  for (const verb of ['stop', 'stop', 'start', 'start']) {
    outcomes.push(JSON.parse((await inProject(directory, verb, '--json')).stdout).wasRunning);
  }
  expect(outcomes).toEqual([true, false, false, true]);
  expect(await health(created.url)).toBe(200);
});

test('doctor finds nothing wrong with a sound machine', async () => {
  const { code, stdout } = await cli('doctor', '--json');
  const { findings } = JSON.parse(stdout);
  expect(findings.filter((finding: { ok: boolean }) => !finding.ok)).toEqual([]);
  expect(code).toBe(0);
});

test('destroy without a terminal needs --yes, takes everything away and says what; a second one has nothing to do', async () => {
  const { directory, id, name } = created.project;
  const refused = await cli('destroy', id, '--json');
  expect([refused.code, JSON.parse(refused.stdout).error.code]).toEqual([2, 'confirm.needed']);
  expect(await health(created.url)).toBe(200);
  const { code, stdout } = await cli('destroy', id, '--yes', '--json');
  expect(code).toBe(0);
  const databases = [created.database?.name];
  expect(JSON.parse(stdout).destroyed).toMatchObject({ projectId: id, databases, directory });
  expect(existsSync(directory)).toBe(false);
  expect(await health(created.url)).toBe(null);
  expect(JSON.parse((await cli('list', '--json')).stdout)).toEqual({ projects: [] });
  expect((await cli('destroy', id, '--yes')).code).toBe(0);
  expect((await cli('destroy', name, '--yes')).code).toBe(0);
  expect((await cli('destroy', 'never-was', '--yes')).code).toBe(2);
});

async function health(url: string): Promise<number | null> {
  try {
    return (await fetch(`${url}/health`, { signal: AbortSignal.timeout(60_000) })).status;
  } catch {
    return null;
  }
}
