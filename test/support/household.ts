import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { afterAll, beforeAll, expect } from 'vitest';
import type { Created } from '../../src/pipeline/created.ts';
import { startCluster } from './global-cluster.ts';
import { lendFolder } from './lend-folder.ts';
import { withSession } from './provisioning.ts';
import { runCli } from './run-cli.ts';

/** Two people with one PostgreSQL and one metadata database, and a to-do list of ada's, for the tests of a file. */
export function lendHousehold() {
  const { folder, giveBack } = lendFolder();
  const made: { server?: Awaited<ReturnType<typeof startCluster>>; created?: Created } = {};
  const env: Record<string, string> = {};
  const created = () => made.created ?? expect.fail('nothing is created yet');
  const server = () => made.server ?? expect.fail('no server is started yet');

  /** What a command of somebody's came to. */
  async function as(who: 'ada' | 'bob', args: readonly string[], cwd?: string) {
    const home = join(folder, who);
    const result = await runCli([...args, '--json'], { home, env, cwd: cwd ?? home });
    const data = JSON.parse(result.stdout);
    return { code: result.code, data, error: data.error?.code as string | undefined, hint: String(data.error?.hint) };
  }
  const ada = (...args: string[]) => as('ada', args, made.created?.project.directory);
  const bob = (...args: string[]) => as('bob', args);

  /** What the backend's login of an environment may read. */
  const database = (file: string) =>
    parseEnv(readFileSync(join(created().project.directory, file), 'utf8')).DATABASE_URL ?? '';
  async function inside<T>(url: string, text: string, database?: string): Promise<readonly T[]> {
    const { hostname, port, username, password, pathname } = new URL(url);
    const login = { host: hostname, port: Number(port), user: username, password };
    const rows = await withSession({ ...login, database: database ?? pathname.slice(1) }, (query) => query(text));
    return rows as readonly T[];
  }
  const titles = (file: string) => inside<{ title: string }>(database(file), 'SELECT title FROM tasks ORDER BY 1');

  beforeAll(async () => {
    made.server = await startCluster();
    const { host, port, user, password } = made.server.cluster;
    env.DB_ADMIN_URL = `postgres://${user}:${password}@${host}:${port}/postgres`;
    for (const who of ['ada', 'bob'] as const) {
      expect((await as(who, ['config', 'set', 'owner', who])).code).toBe(0);
    }
    const result = await ada('create', 'to-do list', '--name', 'chores', '--verify', 'none');
    expect([result.code, result.error]).toEqual([0, undefined]);
    made.created = result.data;
  });

  afterAll(async () => {
    for (const { id, name } of (await ada('list')).data.projects) {
      expect((await as('ada', ['destroy', id, '--confirm', name])).code).toBe(0);
    }
    await giveBack().finally(() => server().stop());
  });

  return {
    folder,
    env,
    as,
    ada,
    bob,
    database,
    inside,
    titles,
    cluster: () => server().cluster,
    get created() {
      return created();
    },
    get here() {
      return created().project.directory;
    },
  };
}
