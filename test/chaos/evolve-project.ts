import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import type { TestCluster } from '../support/global-cluster.ts';
import { type Query, withSession } from '../support/provisioning.ts';
import { type CliResult, runCli, startCli } from '../support/run-cli.ts';

const ROWS = 200;
const PATIENT_MS = 600_000;

/** A to-do list with rows, on a server and in a home of its own, that is evolved and killed. */
export interface EvolvedProject {
  readonly home: string;
  readonly here: string;
  /** Kills it with -9 after some time, when it is told. */
  run(
    args: readonly string[],
    more?: { readonly options?: string; readonly killAfterMs?: number },
  ): Promise<CliResult & { readonly ms: number }>;
  /** As who owns the tables. */
  readonly own: Query;
  /** In the metadata database, as the administrator. */
  readonly metadata: Query;
  stop(): Promise<void>;
}

export async function makeProject(home: string, name: string, server: TestCluster): Promise<EvolvedProject> {
  const { host, port, user, password } = server.cluster;
  const env = { DB_ADMIN_URL: `postgres://${user}:${password}@${host}:${port}/postgres` };
  const here = join(home, name);
  const run: EvolvedProject['run'] = async (args, { options, killAfterMs } = {}) => {
    const begun = performance.now();
    const { child, finished } = startCli([...args, '--json'], {
      home,
      cwd: args[0] === 'create' ? home : here,
      env: { ...env, ...(options && { NODE_OPTIONS: options }) },
      timeoutMs: PATIENT_MS,
    });
    const timer = killAfterMs === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), killAfterMs);
    const result = await finished;
    clearTimeout(timer);
    return { ...result, ms: performance.now() - begun };
  };
  const made = await run(['create', 'to-do list', '--name', name, '--verify', 'none']);
  if (made.code !== 0) throw new Error(`create: ${made.stdout}${made.stderr}`);
  await run(['stop']);
  const own: Query = async (sql, values) => {
    const url = new URL(parseEnv(readFileSync(join(here, '.env.migrate'), 'utf8')).DATABASE_URL ?? '');
    const login = { user: url.username, password: url.password, database: url.pathname.slice(1) };
    return withSession({ host, port, ...login }, (query) => query(sql, values));
  };
  await own(
    `INSERT INTO tasks (id, title, created_at, updated_at) SELECT 'row' || n, 'Title ' || n, n, n FROM generate_series(1, ${ROWS}) n`,
  );
  return {
    ...{ home, here, run, own },
    metadata: (sql, values) =>
      withSession({ ...server.cluster, database: 'turbobackend_meta' }, (query) => query(sql, values)),
    stop: async () => {
      await runCli(['destroy', here, '--yes'], { home, env, timeoutMs: PATIENT_MS });
    },
  };
}
