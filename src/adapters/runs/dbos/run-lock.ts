import pg from 'pg';
import { connectionSettings, type Login } from '../../../domain/database.ts';
import { TurboError } from '../../../domain/errors.ts';

/**
 * The right to run a project, held as an advisory lock on a connection of its own. It dies with the process, so after
 * kill -9 there is nothing to wait for or to clean up; keep-alives end it when the machine itself is gone.
 */
export async function lockRun(login: Login, projectId: string): Promise<() => Promise<void>> {
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
  if (answer.rows[0]?.got === true) return () => client.end();
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
      hint: 'Wait for it, then: turbobackend status',
      details: { projectId, pid: pid ? Number(pid) : null },
    },
  );
}
