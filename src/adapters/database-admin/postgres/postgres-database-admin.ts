import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { Login } from '../../../domain/database.ts';
import { TurboError } from '../../../domain/errors.ts';
import type { DatabaseAdmin } from '../../../ports/database-admin.ts';
import type { Sql, SqlSession } from '../../../ports/sql.ts';
import type { Grade } from './facts.ts';
import { checkIsolation, READER_SETTINGS } from './isolation.ts';
import { findLimits, readPowers } from './isolation-limits.ts';
import { lockedAdmin } from './locked-admin.ts';
import { SESSION_SETTINGS } from './visits.ts';

export interface DatabaseAdminOptions {
  readonly sql: Sql;
  /** The administrator's login for a database of the cluster. */
  readonly connect: (database: string) => Login | Promise<Login>;
  /** Where the locks live: advisory locks are per database, so all processes must use the same one. */
  readonly maintenanceDatabase?: string;
  /** How long to wait for another process that works on the same project. */
  readonly lockTimeoutMs?: number;
}

/** First half of the lock's key ("turb"); the second is the hash of the project's id. */
const LOCK_CLASS = 0x74757262;

/** Administration of project databases in a PostgreSQL 14 to 18 cluster, by a superuser or by CREATEDB with CREATEROLE. */
export function postgresDatabaseAdmin(options: DatabaseAdminOptions): DatabaseAdmin {
  const { sql, connect, maintenanceDatabase = 'postgres', lockTimeoutMs = 60_000 } = options;
  const open = async () => sql.connect(await connect(maintenanceDatabase), SESSION_SETTINGS);
  const openReader = async () => sql.connect(await connect(maintenanceDatabase), READER_SETTINGS);
  return {
    async withProjectLock(projectId, work, onWait) {
      const session = await open();
      const cleanup = [() => session.close()];
      try {
        const locked = await lock(session, projectId, lockTimeoutMs, onWait);
        const admin = lockedAdmin({ sql, session, connect, ...locked });
        cleanup.push(() => admin.close());
        return await work(admin);
      } finally {
        await Promise.all(cleanup.map((close) => close()));
      }
    },

    listDatabases: () => listNames(open, DATABASES),
    listRoles: () => listNames(open, ROLES),
    sizes: (names) => measure(open, names),

    checkIsolation: (loginFor) => checkIsolation({ sql, open: openReader, loginFor }),

    async limits() {
      const session = await openReader();
      try {
        return findLimits(await readPowers(session));
      } finally {
        await session.close();
      }
    },
  };
}

/** Who may not connect may not measure, unless it reads all statistics; its answer would be an error for all. */
const SIZES = `
  SELECT datname::text AS name, pg_database_size(oid) AS bytes FROM pg_database
  WHERE datname = ANY ($1::name[])
    AND (has_database_privilege(oid, 'connect') OR pg_has_role('pg_read_all_stats', 'usage'))`;

async function measure(
  open: () => Promise<SqlSession>,
  names: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const session = await open();
  try {
    const { rows } = await session.query(SIZES, [names]);
    return new Map(rows.map(({ name, bytes }) => [String(name), Number(bytes)]));
  } finally {
    await session.close();
  }
}

const DATABASES = `
  SELECT datname AS name FROM pg_database
  WHERE datname ~ '^turbobackend_(proj|trash)_[a-z0-9]{16}(_staging|_prod)?(_[0-9]+)?$' ORDER BY datname`;

const ROLES = `
  SELECT rolname AS name FROM pg_roles
  WHERE rolname ~ '^turbobackend_proj_[a-z0-9]{16}(_staging|_prod)?(_(own|mig|app|ro))?$'
    AND shobj_description(oid, 'pg_authid') ~ '^turbobackend:' ORDER BY rolname`;

async function listNames(open: () => Promise<SqlSession>, text: string): Promise<readonly string[]> {
  const session = await open();
  try {
    const { rows } = await session.query(text);
    return z
      .array(z.object({ name: z.string() }))
      .parse(rows)
      .map(({ name }) => name);
  } finally {
    await session.close();
  }
}

const TRY_LOCK = `
  SELECT pg_try_advisory_lock($1, hashtext($2)) AS locked, current_user AS user,
    current_setting('server_version_num')::int AS version,
    (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) AS superuser,
    to_regrole('turbobackend_proj_' || $2) IS NULL AS "isBlank"`;

const lockShape = z.object({
  locked: z.boolean(),
  user: z.string(),
  version: z.number(),
  superuser: z.boolean(),
  isBlank: z.boolean(),
});

/** What is learnt with the lock, in the same round trip. */
interface Locked {
  readonly grade: Grade;
  readonly isBlank: boolean;
}

/** Polls: a session that waits inside pg_advisory_lock would hold a snapshot, and could not say for whom it waits. */
async function lock(
  session: SqlSession,
  projectId: string,
  timeoutMs: number,
  onWait: ((holder: string) => void) | undefined,
): Promise<Locked> {
  const startedAt = performance.now();
  for (let attempt = 0; ; attempt += 1) {
    const { rows } = await session.query(TRY_LOCK, [LOCK_CLASS, projectId]);
    const { locked, isBlank, ...grade } = lockShape.parse(rows[0]);
    if (locked) return { grade, isBlank };
    if (attempt === 0) onWait?.(await findHolder(session, projectId));
    if (performance.now() - startedAt > timeoutMs) {
      throw new TurboError(
        'cluster.locked',
        `Another process works on project ${projectId} (${await findHolder(session, projectId)}).`,
        { hint: 'Wait for it to finish, then run the same command again.', details: { projectId } },
      );
    }
    await sleep(50 + Math.random() * 100);
  }
}

async function findHolder(session: SqlSession, projectId: string): Promise<string> {
  const { rows } = await session.query(
    `SELECT format('%s, server process %s, for %s s', a.application_name, a.pid,
        extract(epoch FROM now() - a.backend_start)::int) AS holder
     FROM pg_locks l JOIN pg_stat_activity a USING (pid)
     WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 2
       AND l.classid = $1::int::oid AND l.objid::bigint = (hashtext($2)::bigint & 4294967295)`,
    [LOCK_CLASS, projectId],
  );
  return String(rows[0]?.holder ?? 'it has just finished');
}
