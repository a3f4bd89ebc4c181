import pg from 'pg';
import { type Statement, translateDatabaseError } from './database-errors.ts';
import { env, numberSetting } from './env.ts';
import { GatheringSocket } from './gathering-socket.ts';
import type { JsonPage } from './json-rows.ts';
import { Client, Lane, pageOf, type Read, runOn, type Sendable, someRows } from './lane.ts';
import type { Query } from './list-sql.ts';
import { describeError, log } from './log.ts';
import { types } from './types.ts';

export type { Statement };

const CONNECT_TIMEOUT_MS = 3000;
const READ_TIMEOUT_MS = 5000;
const WRITE_TIMEOUT_MS = 10_000;
/** What takes longer is not quick: it is done alone, and keeps no neighbours waiting. */
const QUICK_TIMEOUT_MS = 200;
/** Statements that may wait for each other on one connection, when nothing says that they are quick. */
const MAX_TOGETHER = 16;

/** A pooler in transaction mode lies between: no named statements, and no connection of our own for reads. */
export const pooler = env.DATABASE_POOLER === 'true';

/** Settings of every connection. Throws when DATABASE_URL is missing. */
function connection(timeoutMs: number): pg.ClientConfig {
  const connectionString = env.DATABASE_URL;
  if (!connectionString) throw new Error('DATABASE_URL is not set.');
  return {
    connectionString,
    types,
    stream: () => new GatheringSocket(),
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
    // What is sent together does not wait for the answers in between.
    pipeline: !pooler,
    query_timeout: timeoutMs + 1000,
    // A pooler refuses settings it does not know; the role's own limits hold there.
    ...(!pooler && { statement_timeout: timeoutMs }),
  };
}

const firstLane = new Lane(() => connection(READ_TIMEOUT_MS));
const secondLane = new Lane(() => connection(READ_TIMEOUT_MS));
const quickLane = new Lane(() => connection(QUICK_TIMEOUT_MS));
const insertLane = new Lane(() => connection(WRITE_TIMEOUT_MS));

/** The less busy of the open lanes. A second one is opened, in the background, when the first one is busy. */
export function chooseLane(): Lane {
  const [one, other] = firstLane.isOpen ? [firstLane, secondLane] : [secondLane, firstLane];
  if (!one.isOpen) return firstLane;
  if (other.isOpen) return other.pending < one.pending ? other : one;
  if (one.pending > 0) other.open().catch(() => {});
  return one;
}

let pool: pg.Pool | null = null;

export function openPool(): pg.Pool {
  if (pool) return pool;
  const max = Math.max(1, numberSetting('DATABASE_POOL_SIZE', 6, 1000));
  pool = new pg.Pool({ ...connection(WRITE_TIMEOUT_MS), Client, max, idleTimeoutMillis: 30_000 });
  pool.on('error', (error) =>
    log('warn', 'lost an idle database connection', { error: error.message }),
  );
  // One that is lost at work fails what runs on it; without a listener it would end the server.
  pool.on('connect', (client) => client.on('error', () => {}));
  return pool;
}

/** All connections of the pool are at work: whoever wants one waits. */
function isPoolBusy(): boolean {
  const { idleCount, totalCount, options } = openPool();
  return idleCount === 0 && totalCount >= options.max;
}

/** One statement, on any free connection. Throws errors of the database as they are. */
export function runInPool<R extends object>(statement: Statement, values: unknown[]): Promise<R[]> {
  return useFree((client) => runOn<R>(client, sendable(statement), values));
}

/**
 * The rows of one INSERT: on a connection of its own while there is one, so that many wait for the disk at once; beyond
 * that behind others, which costs less than taking turns. Throws errors of the database as they are.
 */
export async function runInsert<R extends object>(
  statement: Statement,
  values: unknown[],
): Promise<R[]> {
  const isRefused = pooler || !statement.name || insertLane.pending >= MAX_TOGETHER;
  return isRefused || !isPoolBusy()
    ? runInPool<R>(statement, values)
    : insertLane.query<R>(statement, values);
}

/** A statement as it may be sent: behind a pooler without its name. */
export function sendable({ name, ...statement }: Statement): Sendable {
  return pooler ? statement : { name, ...statement };
}

/**
 * Rows of one quick SELECT; anything slow, or of more than one statement, would keep its neighbours waiting.
 * When they are too large for one answer, MORE is the last of them. Throws a problem: 503 when the database does not
 * answer.
 */
export async function readRows<R extends object>(
  statement: Statement,
  values: unknown[] = [],
): Promise<R[]> {
  try {
    return await readQuickly((client) => someRows<R>(client, sendable(statement), values));
  } catch (error) {
    throw translateDatabaseError(error, statement);
  }
}

function readQuickly<T>(work: (client: pg.ClientBase) => Promise<T>): Promise<T> {
  return pooler ? useFree(work) : chooseLane().use(work);
}

/**
 * A page of one quick SELECT, whose first parameter tells how many rows it brings. It has fewer when they are too large
 * for one answer. Throws a problem: 503 when the database does not answer.
 */
export async function readPage(
  statement: Statement,
  limit: number,
  values: unknown[] = [],
): Promise<JsonPage> {
  const read = pageOf(limit);
  const parameters = [limit + 1, ...values];
  try {
    return await readQuickly((client) => read(client, sendable(statement), parameters));
  } catch (error) {
    throw translateDatabaseError(error, statement);
  }
}

/** A table was changed since the connection prepared a statement for it: this one will always refuse it. */
const OUTDATED = '0A000';

/** Does the work of one statement on any free connection. */
export async function useFree<T>(work: (client: pg.ClientBase) => Promise<T>): Promise<T> {
  const client = await openPool().connect();
  let isBroken = false;
  try {
    return await work(client);
  } catch (error) {
    isBroken = !(error instanceof pg.DatabaseError) || error.code === OUTDATED;
    throw error;
  } finally {
    client.release(isBroken);
  }
}

/** The first row of one quick SELECT. */
export async function readRow<R extends object>(
  statement: Statement,
  values: unknown[],
): Promise<R | undefined> {
  try {
    const rows = pooler
      ? await runInPool<R>(statement, values)
      : await chooseLane().query<R>(statement, values);
    return rows[0];
  } catch (error) {
    throw translateDatabaseError(error, statement);
  }
}

const QUERY_CANCELED = '57014';
const MAX_NAMED_QUERIES = 100;
const queryNames = new Map<string, string>();

/** Queries that were put together: the first ones have names and are prepared, so that rare ones do not pile up. */
export function nameOf(text: string): string {
  const known = queryNames.get(text);
  if (known !== undefined || queryNames.size === MAX_NAMED_QUERIES) return known ?? '';
  const name = `_query.${queryNames.size}`;
  queryNames.set(text, name);
  return name;
}

const SLOW_FOR_MS = 60_000;
const slowUntil = new Map<string, number>();

/**
 * Does the work of one SELECT that is quick as a rule, but nobody knows: first on a connection that such work shares,
 * where it is stopped early, then `alone`. For a minute the next of its name are not tried.
 */
export async function tryTogether<T>(
  { name }: Statement,
  together: (client: pg.Client) => Promise<T>,
  alone: () => Promise<T>,
): Promise<T> {
  const isRefused = pooler || !name || quickLane.pending >= MAX_TOGETHER;
  if (isRefused || Date.now() < (slowUntil.get(name) ?? 0)) return alone();
  try {
    return await quickLane.use(together);
  } catch (error) {
    const wasStopped = error instanceof pg.DatabaseError && error.code === QUERY_CANCELED;
    if (!wasStopped) throw error;
    slowUntil.set(name, Date.now() + SLOW_FOR_MS);
    return alone();
  }
}

/** What is read of a SELECT that may take its time. Throws a problem: 503 when it took too long. */
export async function findRows<T>({ text, values }: Query, read: Read<T>): Promise<T> {
  const statement = { name: nameOf(text), text };
  const work = (client: pg.ClientBase) => read(client, sendable(statement), [...values]);
  try {
    return await tryTogether(statement, work, () => useFree(work));
  } catch (error) {
    throw translateDatabaseError(error, statement);
  }
}

/** Runs statements of a transaction. */
export type Run = <R extends object>(statement: Statement, values: unknown[]) => Promise<R[]>;

/** All statements of `work` take effect, or, when it throws, none. Throws errors of the database as they are. */
export async function transact<T>(
  work: (run: Run, client: pg.ClientBase) => Promise<T>,
): Promise<T> {
  const client = await openPool().connect();
  let isBroken = false;
  const run: Run = (statement, values) => runOn(client, sendable(statement), values);
  try {
    await client.query('begin');
    const result = await work(run, client);
    await client.query('commit');
    return result;
  } catch (error) {
    await client.query('rollback').catch(() => {
      isBroken = true;
    });
    throw error;
  } finally {
    client.release(isBroken);
  }
}

/** Ends all connections after their last answer. */
export async function closeDatabase(): Promise<void> {
  const lanes = [firstLane, secondLane, quickLane, insertLane];
  const closing = await Promise.allSettled([...lanes.map((lane) => lane.close()), pool?.end()]);
  for (const result of closing) {
    if (result.status === 'rejected')
      log('warn', 'closing the database failed', describeError(result.reason));
  }
}

/** Throws when the server has not been told where its database is. */
export function checkDatabaseSettings(): void {
  connection(READ_TIMEOUT_MS);
}
