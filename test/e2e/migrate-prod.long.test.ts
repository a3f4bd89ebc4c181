import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startCluster } from '../support/global-cluster.ts';
import { lendFolder } from '../support/lend-folder.ts';
import { withSession } from '../support/provisioning.ts';
import { runCli } from '../support/run-cli.ts';

/** Migrations of a database for production that has rows. The tests build on each other. */

const { folder: home, giveBack } = lendFolder();
const here = join(home, 'chores');
let server: Awaited<ReturnType<typeof startCluster>>;
let env: Record<string, string>;

async function cli(...args: string[]) {
  const cwd = existsSync(here) ? here : home;
  const { code, stdout } = await runCli([...args, '--json'], { home, env, cwd, timeoutMs: 90_000 });
  const data = JSON.parse(stdout);
  return { code, data, error: data.error?.code as string | undefined, message: `${data.error?.message}` };
}
const up = (...more: string[]) => cli('migrate', 'up', '--env', 'prod', ...more);

async function sql(text: string): Promise<readonly Record<string, unknown>[]> {
  const content = readFileSync(join(here, '.env.production.migrate'), 'utf8');
  const { hostname, port, username, password, pathname } = new URL(parseEnv(content).DATABASE_URL ?? '');
  const login = { host: hostname, port: Number(port), user: username, password, database: pathname.slice(1) };
  return withSession(login, (query) => query(text));
}

/** A migration of one's own, applied to dev, where there are no rows. */
async function write(second: number, name: string, text: string): Promise<void> {
  const file = `209901010000${String(second).padStart(2, '0')}_${name}.sql`;
  writeFileSync(join(here, 'migrations', file), text);
  expect((await cli('migrate', 'up', '--allow-destructive')).code).toBe(0);
}

beforeAll(async () => {
  server = await startCluster();
  const { host, port, user, password } = server.cluster;
  env = { DB_ADMIN_URL: `postgres://${user}:${password}@${host}:${port}/postgres` };
  expect((await cli('create', 'to-do list', '--name', 'chores', '--verify', 'none')).code).toBe(0);
  await cli('stop');
  expect((await cli('provision', '--env', 'prod')).code).toBe(0);
  expect((await up()).code).toBe(0);
  await sql("INSERT INTO tasks (id, title, created_at, updated_at) VALUES ('a', 'sweep', 1, 1), ('b', 'cook', 1, 1)");
});

afterAll(async () => {
  await runCli(['destroy', here, '--yes', '--confirm', 'chores'], { home, env });
  await giveBack().finally(() => server.stop());
});

test('what only fails on the rows of production fails on a copy of them, and nothing is run', async () => {
  await write(1, 'no_sweeping', "ALTER TABLE tasks ADD CONSTRAINT no_sweeping CHECK (title <> 'sweep');\n");
  const refused = await up();
  expect([refused.code, refused.error]).toEqual([3, 'migration.failed']);
  expect(refused.message).toMatch(/^On a copy of the rows: .*no_sweeping/);
  expect(await sql('SELECT count(*)::int AS n FROM tb.schema_migrations')).toEqual([{ n: 1 }]);
  await sql("UPDATE tasks SET title = 'mop' WHERE id = 'a'");
  const done = await up();
  expect([done.code, done.data.rehearsal]).toMatchObject([0, { rows: 2, changed: [], wayBack: 'missing' }]);
});

test('before rows of production go they are put aside, whole, for their owner alone', async () => {
  await write(2, 'only_cooking', "DELETE FROM tasks WHERE title <> 'cook';\n");
  const looked = await up('--dry-run', '--rehearse');
  expect(looked.data.rehearsal).toMatchObject({ changed: [{ table: 'tasks', before: 2, after: 1 }] });
  expect((await up()).error).toBe('confirm.needed');
  const { code, data } = await up('--confirm', 'chores');
  expect([code, data.backup.rows, await sql('SELECT id FROM tasks')]).toEqual([0, 2, [{ id: 'b' }]]);
  expect([existsSync(data.backup.path), statSync(data.backup.path).mode & 0o077]).toEqual([true, 0]);
  await write(3, 'nothing_left', 'DELETE FROM tasks;\n');
  // What undo keeps for development is swept; this is not.
  expect(existsSync(data.backup.path)).toBe(true);
  const without = await up('--confirm', 'chores', '--no-backup');
  expect([without.code, without.data.backup]).toEqual([0, undefined]);
});

test('a database that differs from its migrations cannot be copied: a word by itself, an error where it was wanted', async () => {
  await sql('ALTER TABLE tasks ADD COLUMN by_hand text');
  await write(4, 'more', 'ALTER TABLE tasks ADD COLUMN more text;\n');
  const insisted = await up('--rehearse');
  expect([insisted.code, insisted.error]).toEqual([3, 'migration.changed']);
  const done = await up();
  expect([done.code, done.data.applied.length]).toEqual([0, 1]);
  expect(done.data.rehearsal.skipped).toContain('by_hand');
});
