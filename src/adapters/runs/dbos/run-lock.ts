import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { connectionSettings, type Login } from '../../../domain/database.ts';
import { TurboError } from '../../../domain/errors.ts';

/** Held by one process for one project. */
export interface RunLock {
  /** Runs `work` while no other process makes the tables of `schema`; at once when they are there already. */
  whileMaking<T>(schema: string, work: () => Promise<T>): Promise<T>;
  release(): Promise<void>;
}

/**
 * The right to run a project, held as an advisory lock on a connection of its own. It dies with the process, so after
 * kill -9 there is nothing to wait for or to clean up; keep-alives end it when the machine itself is gone.
 */
export async function lockRun(login: Login, projectId: string): Promise<RunLock> {
  const client = new pg.Client({
    ...connectionSettings(login),
    connectionTimeoutMillis: 5000,
    application_name: `turbobackend run ${process.pid}`,
    options: '-c tcp_keepalives_idle=15 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3',
  });
  client.on('error', () => {});
  await client.connect();
  const key = `turbobackend:run:${projectId}`;
  const answer = await client.query('SELECT pg_try_advisory_lock(hashtextextended($1, 0)) AS got', [key]);
  if (answer.rows[0]?.got === true) return { whileMaking: makingIn(client), release: () => client.end() };
  const holder = await client.query(
    `SELECT a.application_name AS name FROM pg_locks l JOIN pg_stat_activity a USING (pid)
     WHERE l.locktype = 'advisory' AND l.granted
       AND ((l.classid::bigint << 32) | l.objid::bigint) = hashtextextended($1, 0)`,
    [key],
  );
  await client.end();
  const pid = /\d+$/.exec(String(holder.rows[0]?.name ?? ''))?.[0];
  throw new TurboError(
    'run.locked',
    `Another process${pid ? ` (pid ${pid})` : ''} is creating this project right now.`,
    {
      hint: `Wait for it, then: turbobackend status ${projectId}`,
      details: { projectId, pid: pid ? Number(pid) : null },
    },
  );
}

/** Two first launches at once would make the engine's tables against each other, and deadlock. */
function makingIn(client: pg.Client): RunLock['whileMaking'] {
  return async (schema, work) => {
    const found = await client.query('SELECT to_regclass($1) IS NOT NULL AS made', [`${schema}.workflow_status`]);
    if (found.rows[0]?.made === true) return work();
    const key = [`turbobackend:making:${schema}`];
    // Asked again and again, never waited for inside a statement: the engine makes indexes concurrently, and those
    // wait for every statement that was running before them.
    const isOurs = async () =>
      (await client.query('SELECT pg_try_advisory_lock(hashtextextended($1, 0)) AS got', key)).rows[0]?.got === true;
    while (!(await isOurs())) await sleep(50);
    try {
      return await work();
    } finally {
      await client.query('SELECT pg_advisory_unlock(hashtextextended($1, 0))', key);
    }
  };
}
