import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { afterAll, beforeAll, expect } from 'vitest';
import { startCluster } from './global-cluster.ts';
import { lendFolder } from './lend-folder.ts';
import { withSession } from './provisioning.ts';
import { runCli } from './run-cli.ts';

/** A to-do list with two rows on a server of its own, for the tests of a file to grow by sentences. */
export function lendChores() {
  const { folder: home, giveBack } = lendFolder();
  const here = join(home, 'chores');
  let server: Awaited<ReturnType<typeof startCluster>>;
  const env: Record<string, string> = {};

  const options = () => ({ home, env, cwd: existsSync(here) ? here : home, timeoutMs: 300_000 });

  async function cli(...args: string[]) {
    const { code, stdout } = await runCli([...args, '--json'], options());
    const data = JSON.parse(stdout);
    const { code: error, message, hint } = data.error ?? {};
    return { code, data, error: error as string | undefined, message: `${message}`, hint: `${hint}` };
  }
  /** Proving takes some seconds, and is tried once. */
  const evolve = (sentence: string, ...more: string[]) => cli('evolve', sentence, '--verify', 'none', ...more);

  /** As who owns the tables. */
  async function sql(text: string): Promise<readonly Record<string, unknown>[]> {
    const { hostname, port, username, password, pathname } = new URL(
      parseEnv(readFileSync(join(here, '.env.migrate'), 'utf8')).DATABASE_URL ?? '',
    );
    const login = { host: hostname, port: Number(port), user: username, password, database: pathname.slice(1) };
    return withSession(login, (query) => query(text));
  }
  const columns = async () =>
    (await sql("SELECT column_name AS name FROM information_schema.columns WHERE table_name = 'tasks'")).map(
      ({ name }) => name,
    );
  const files = () => readdirSync(join(here, 'migrations')).filter((name) => name.endsWith('.sql'));
  const databases = async () =>
    (
      await withSession({ ...server.cluster, database: 'postgres' }, (query) =>
        query('SELECT datname AS name FROM pg_database ORDER BY 1'),
      )
    ).map(({ name }) => name);
  const manifest = () => readFileSync(join(here, 'turbobackend.json'), 'utf8');

  beforeAll(async () => {
    server = await startCluster();
    const { host, port, user, password } = server.cluster;
    env.DB_ADMIN_URL = `postgres://${user}:${password}@${host}:${port}/postgres`;
    const result = await cli('create', 'to-do list', '--name', 'chores', '--verify', 'none');
    expect([result.code, result.error]).toEqual([0, undefined]);
    await cli('stop');
    await sql("INSERT INTO tasks (id, title, created_at, updated_at) VALUES ('a', 'sweep', 1, 1), ('b', 'cook', 1, 1)");
  });

  afterAll(async () => {
    await runCli(['destroy', here, '--yes'], { home, env });
    await giveBack().finally(() => server.stop());
  });

  return { home, here, env, options, cli, evolve, sql, columns, databases, files, manifest };
}
