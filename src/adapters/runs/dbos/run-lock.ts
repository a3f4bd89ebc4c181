import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { connectionSettings, type Login } from '../../../domain/database.ts';
import { TurboError } from '../../../domain/errors.ts';
import { identifier } from '../../../domain/identifier.ts';
import type { RunHolder } from '../../../ports/runs.ts';
import { connectClient } from '../../shared/postgres/connect-client.ts';
import { endClient } from '../../shared/postgres/end-client.ts';

/** Held by one process for one project. */
export interface RunLock {
  /** Runs `work` while no other process makes, or looks at, the tables of `schema`. */
  whileMaking<T>(schema: string, work: () => Promise<T>): Promise<T>;
  /**
   * Makes sure that the lock is still ours, taking it again when the connection was lost: PostgreSQL was restarted, or
   * the machine slept. Throws `run.locked` when another process has it by now, `cluster.unreachable` when nobody answers.
   */
  keep(): Promise<void>;
  release(): Promise<void>;
}

/** How long is waited for the database when it does not answer, in milliseconds. */
export interface Patience {
  /** What the engine may take to read or write a step, before the lock is looked at. */
  readonly engineMs: number;
  /** What the server may take to come back; a dead machine's connection is ended by keep-alives before. */
  readonly serverMs: number;
  /** How often the lock is looked at while a step runs. */
  readonly watchMs: number;
}

const PROGRAM = 'turbobackend run';
/** PostgreSQL cuts application names at 63 bytes. */
const MAX_HOST = 36;
const POLL_MS = 100;
const ANSWER_MS = 10_000;

/** The number that PostgreSQL locks; `pg_locks` shows its halves. */
const KEY = 'hashtextextended($1, 0)';
const lockName = (projectId: string) => `turbobackend:run:${projectId}`;

const ownHost = hostname()
  .replace(/[^A-Za-z0-9._-]/g, '')
  .slice(0, MAX_HOST);

/** Who we are, for people on other machines: `turbobackend run 4711@workstation`. */
const ownName = `${PROGRAM} ${process.pid}${ownHost === '' ? '' : `@${ownHost}`}`;

/**
 * The right to run a project, held as an advisory lock on a connection of its own. It dies with the process, so after
 * kill -9 there is nothing to wait for or to clean up; keep-alives end it when the machine itself is gone. No clock
 * is asked: whoever is connected has it.
 */
export async function lockRun(login: Login, projectId: string, patience: Patience): Promise<RunLock> {
  let client = await take(login, projectId);
  let checking: Promise<void> | null = null;
  let released = false;
  const check = async () => {
    if (released || (await answers(client))) return;
    await endClient(client);
    const again = await takeAgain(login, projectId, patience.serverMs, () => released);
    // Released while we were waiting for the server: nobody would ever let go of the new one.
    if (again && released) await endClient(again);
    else if (again) client = again;
  };
  return {
    whileMaking: (schema, work) => makingIn(client, schema, work),
    // Steps side by side ask at the same moment, and only one of them may take the lock again.
    keep() {
      checking ??= check().finally(() => {
        checking = null;
      });
      return checking;
    },
    async release() {
      released = true;
      await endClient(client);
    },
  };
}

async function connect(login: Login): Promise<pg.Client> {
  return connectClient({
    ...connectionSettings(login),
    connectionTimeoutMillis: 5000,
    query_timeout: ANSWER_MS,
    keepAlive: true,
    keepAliveInitialDelayMillis: 15_000,
    application_name: ownName,
    options: '-c tcp_keepalives_idle=15 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3',
  });
}

/** A connection that holds the lock. Throws `run.locked`. */
async function take(login: Login, projectId: string): Promise<pg.Client> {
  const client = await connect(login);
  try {
    if (await tryLock(client, lockName(projectId))) return client;
    const holders = await readHolders(client, [projectId]);
    throw lockedBy(projectId, holders.get(projectId) ?? null);
  } catch (error) {
    await endClient(client);
    throw error;
  }
}

/** The server may be starting, and may not have noticed yet that our former connection is dead. */
async function takeAgain(
  login: Login,
  projectId: string,
  patienceMs: number,
  released: () => boolean,
): Promise<pg.Client | null> {
  const begun = performance.now();
  for (;;) {
    if (released()) return null;
    try {
      return await take(login, projectId);
    } catch (error) {
      const isOurselves = error instanceof TurboError && isOwn(error.details);
      if (error instanceof TurboError && !isOurselves) throw error;
      if (performance.now() - begun >= patienceMs) throw isOurselves ? error : silent(login, error);
    }
    await sleep(POLL_MS);
  }
}

const isOwn = (details: TurboError['details']) => details?.pid === process.pid && (details.host ?? '') === ownHost;

function silent(login: Login, cause: unknown): TurboError {
  return new TurboError('cluster.unreachable', `PostgreSQL (${login.host}:${login.port}) does not answer any more.`, {
    hint: 'turbobackend db start, then the same command again: it goes on where it was.',
    cause,
  });
}

async function answers(client: pg.Client): Promise<boolean> {
  return client.query('SELECT 1').then(
    () => true,
    () => false,
  );
}

async function tryLock(client: pg.Client, name: string): Promise<boolean> {
  const { rows } = await client.query<{ got: boolean }>(`SELECT pg_try_advisory_lock(${KEY}) AS got`, [name]);
  return rows[0]?.got === true;
}

/** `run.locked`, naming who has it. */
export function lockedBy(projectId: string, holder: RunHolder | null): TurboError {
  const who = holder === null ? '' : ` (pid ${holder.pid}${holder.host === undefined ? '' : ` on ${holder.host}`})`;
  return new TurboError('run.locked', `Another process${who} is working on this project right now.`, {
    hint: `Wait for it, or stop it: turbobackend cancel ${projectId}. To watch it: turbobackend runs ${projectId}`,
    details: { projectId, pid: holder?.pid ?? null, host: holder?.host ?? null, since: holder?.since ?? null },
  });
}

/** Which of these projects are being run right now, and by whom; from any client of the metadata database. */
export async function readHolders(
  client: pg.Client,
  projectIds: readonly string[],
): Promise<ReadonlyMap<string, RunHolder>> {
  const { rows } = await client.query<{ id: string; name: string | null; since: string | null }>(
    `SELECT p.id, a.application_name AS name, extract(epoch FROM a.backend_start)::bigint AS since
     FROM unnest($1::text[], $2::text[]) AS p (id, lock)
     JOIN pg_locks l ON ((l.classid::bigint << 32) | l.objid::bigint) = hashtextextended(p.lock, 0)
     JOIN pg_stat_activity a USING (pid)
     WHERE l.locktype = 'advisory' AND l.objsubid = 1 AND l.granted
       AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
    [projectIds, projectIds.map(lockName)],
  );
  return new Map(rows.map(({ id, name, since }) => [id, parseHolder(name, since)]));
}

function parseHolder(name: string | null, since: string | null): RunHolder {
  const [, pid, host] = /^turbobackend run (\d+)(?:@(.+))?$/.exec(name ?? '') ?? [];
  return {
    pid: Number(pid ?? 0),
    ...(host === undefined ? {} : { host }),
    since: since === null ? null : Number(since),
  };
}

/** Whether the engine has ever made its tables in `schema`. */
async function hasTables(client: pg.Client, schema: string): Promise<boolean> {
  const found = await client.query('SELECT to_regclass($1) IS NOT NULL AS made', [`${schema}.workflow_status`]);
  return found.rows[0]?.made === true;
}

/**
 * Whether the engine recorded anything in `schema`. A first launch that was cut leaves tables without all of their
 * columns, which the engine cannot read; they hold no row yet.
 */
export async function hasRecords(client: pg.Client, schema: string): Promise<boolean> {
  if (!(await hasTables(client, schema))) return false;
  const table = `${identifier(schema)}.${identifier('workflow_status')}`;
  return (await client.query(`SELECT FROM ${table} LIMIT 1`)).rowCount === 1;
}

/**
 * Two first launches at once would make the engine's tables against each other, and deadlock. Its first table tells
 * nothing: the indexes that are made concurrently come last.
 */
async function makingIn<T>(client: pg.Client, schema: string, work: () => Promise<T>): Promise<T> {
  const name = `turbobackend:making:${schema}`;
  // Asked again and again, never waited for inside a statement: the engine makes indexes concurrently, and those
  // wait for every statement that was running before them.
  while (!(await tryLock(client, name))) await sleep(50);
  try {
    return await work();
  } finally {
    await client.query(`SELECT pg_advisory_unlock(${KEY})`, [name]);
  }
}
