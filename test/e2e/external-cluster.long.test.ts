import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Created } from '../../src/pipeline/created.ts';
import { startCluster } from '../support/global-cluster.ts';
import { lendFolder } from '../support/lend-folder.ts';
import { asAdmin } from '../support/provisioning.ts';
import { runCli } from '../support/run-cli.ts';

/** A PostgreSQL that is somebody else's, given by DB_ADMIN_URL. */

const { folder: home, giveBack } = lendFolder();
let server: Awaited<ReturnType<typeof startCluster>>;
let env: Record<string, string>;

beforeAll(async () => {
  server = await startCluster();
  const { host, port, user, password } = server.cluster;
  env = { DB_ADMIN_URL: `postgres://${user}:${password}@${host}:${port}/postgres` };
});

afterAll(async () => {
  await giveBack().finally(() => server.stop());
});

const cli = (...args: string[]) => runCli([...args, '--json'], { home, env });

/** All files below a folder that somebody might read, with their text. */
function textsBelow(folder: string): readonly { path: string; text: string }[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => !path.startsWith('node_modules'))
    .map((path) => join(folder, path))
    .filter((path) => statSync(path).isFile())
    .map((path) => ({ path, text: readFileSync(path, 'utf8') }));
}

test('create uses it, starts none of its own, and its credentials reach neither project nor home', async () => {
  const { code, stdout, stderr } = await cli('create', 'blog API');
  expect([code, stderr]).toEqual([0, '']);
  const created = JSON.parse(stdout) as Created;
  expect(created.checks.every((check) => check.passed)).toBe(true);
  expect(readdirSync(join(home, 'turbobackend')).filter((name) => name.startsWith('cluster'))).toEqual([]);
  const { password } = server.cluster;
  const leaks = [...textsBelow(created.project.directory), ...textsBelow(join(home, 'turbobackend'))];
  expect(leaks.filter(({ text }) => text.includes(password)).map(({ path }) => path)).toEqual([]);
  expect(stdout).not.toContain(password);

  const status = JSON.parse((await cli('status', created.project.id)).stdout);
  expect(status).toMatchObject({ database: { reachable: true }, server: { status: 'running' } });
  const stop = await cli('db', 'stop');
  expect([stop.code, JSON.parse(stop.stdout).error.code]).toEqual([2, 'usage.invalid']);

  expect((await cli('destroy', created.project.id, '--yes')).code).toBe(0);
  const left = await asAdmin(server.cluster, 'postgres', async (query) => [
    ...(await query("select datname as name from pg_database where datname ~ '^turbobackend_proj_'")),
    ...(await query("select rolname as name from pg_roles where rolname ~ '^turbobackend_proj_'")),
  ]);
  expect(left).toEqual([]);
});
