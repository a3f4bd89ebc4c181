import { Socket } from 'node:net';
import pg from 'pg';
import { withinBudget } from './budget.ts';
import { type Statement, translateDatabaseError } from './database-errors.ts';
import { env, numberSetting } from './env.ts';
import type { Query } from './list-sql.ts';
import { describeError, log } from './log.ts';
import { types } from './types.ts';

export type { Statement };

const CONNECT_TIMEOUT_MS = 3000;
const READ_TIMEOUT_MS = 5000;
const WRITE_TIMEOUT_MS = 10_000;

/** A pooler in transaction mode lies between: no named statements, and no connection of our own for reads. */
export const pooler = env.DATABASE_POOLER === 'true';

/** Settings of every connection. Throws when DATABASE_URL is missing. */
function connection(timeoutMs: number): pg.ClientConfig {
  const connectionString = env.DATABASE_URL;
  if (!connectionString) throw new Error('DATABASE_URL is not set.');
  return {
    connectionString,
    types,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
    // What is sent together does not wait for the answers in between.
    pipeline: !pooler,
    query_timeout: timeoutMs + 1000,
    // A pooler refuses settings it does not know; the role's own limits hold there.
    ...(!pooler && { statement_timeout: timeoutMs }),
  };
}

/**
 * A connection shared by many reads: what belongs together is sent at once, and none waits for the answer of another.
 * Opened at first need and again after it broke, with growing pauses while the database stays away.
 */
class Lane {
  pending = 0;
  isOpen = false;
  #client: Promise<pg.Client> | null = null;
  #socket = new Socket();
  #failures = 0;
  #retryAt = 0;

  async query<R extends object>(statement: Statement, values: unknown[]): Promise<R[]> {
    return this.use(async (client) => (await client.query<R>({ ...statement, values })).rows);
  }

  async use<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
    this.pending += 1;
    try {
      const client = await this.open();
      this.#gather();
      return await work(client);
    } finally {
      this.pending -= 1;
    }
  }

  /** What is asked in one turn of the event loop goes out together: writing costs more than what is written. */
  #gather(): void {
    const socket = this.#socket;
    if (socket.writableCorked > 0) return;
    socket.cork();
    setImmediate(() => socket.uncork());
  }

  open(): Promise<pg.Client> {
    if (this.#client) return this.#client;
    if (Date.now() < this.#retryAt) return Promise.reject(new Error('no answer a moment ago'));
    const socket = new Socket();
    this.#socket = socket;
    const stream = () => socket;
    const client = new pg.Client({ ...connection(READ_TIMEOUT_MS), stream });
    const opening = client.connect().then(() => {
      this.#failures = 0;
      this.isOpen = true;
      return client;
    });
    const forget = () => {
      if (this.#client !== opening) return;
      this.#client = null;
      this.isOpen = false;
    };
    client.on('error', forget);
    client.on('end', forget);
    opening.catch(() => {
      forget();
      this.#failures += 1;
      this.#retryAt = Date.now() + Math.min(25 * 2 ** this.#failures, 1000);
    });
    this.#client = opening;
    return opening;
  }

  async close(): Promise<void> {
    const client = await this.#client?.catch(() => null);
    await client?.end();
  }
}

const firstLane = new Lane();
const secondLane = new Lane();

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
  const max = Math.max(1, numberSetting('DATABASE_POOL_SIZE', 7, 1000));
  pool = new pg.Pool({ ...connection(WRITE_TIMEOUT_MS), max, idleTimeoutMillis: 30_000 });
  pool.on('error', (error) =>
    log('warn', 'lost an idle database connection', { error: error.message }),
  );
  return pool;
}

/** One statement, on any free connection. Throws errors of the database as they are. */
export async function runInPool<R extends object>(
  statement: Statement,
  values: unknown[],
): Promise<R[]> {
  return (await openPool().query<R>(queryOf(statement, values))).rows;
}

function queryOf({ name, ...statement }: Statement, values: unknown[]): pg.QueryConfig {
  return pooler ? { ...statement, values } : { name, ...statement, values };
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
    return await withinBudget(statement, (own) => readQuickly<R>(own, values));
  } catch (error) {
    throw translateDatabaseError(error, statement);
  }
}

function readQuickly<R extends object>(statement: Statement, values: unknown[]): Promise<R[]> {
  return pooler ? runInPool<R>(statement, values) : chooseLane().query<R>(statement, values);
}

/** The first row of one quick SELECT. */
export async function readRow<R extends object>(
  statement: Statement,
  values: unknown[],
): Promise<R | undefined> {
  try {
    return (await readQuickly<R>(statement, values))[0];
  } catch (error) {
    throw translateDatabaseError(error, statement);
  }
}

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

/** Rows of a SELECT that may take its time; MORE is the last when they are too large. Throws a problem: 503 when it took too long. */
export async function findRows<R extends object>({ text, values }: Query): Promise<R[]> {
  const statement = { name: nameOf(text), text };
  try {
    return await withinBudget(statement, (own) => runInPool<R>(own, [...values]));
  } catch (error) {
    throw translateDatabaseError(error, statement);
  }
}

/** Runs statements of a transaction. */
export type Run = <R extends object>(statement: Statement, values: unknown[]) => Promise<R[]>;

/** All statements of `work` take effect, or, when it throws, none. Throws errors of the database as they are. */
export async function transact<T>(work: (run: Run) => Promise<T>): Promise<T> {
  const client = await openPool().connect();
  let isBroken = false;
  const run: Run = async <R extends object>(statement: Statement, values: unknown[]) =>
    (await client.query<R>(queryOf(statement, values))).rows;
  try {
    await client.query('begin');
    const result = await work(run);
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
  const closing = await Promise.allSettled([firstLane.close(), secondLane.close(), pool?.end()]);
  for (const result of closing) {
    if (result.status === 'rejected')
      log('warn', 'closing the database failed', describeError(result.reason));
  }
}

/** Throws when the server has not been told where its database is. */
export function checkDatabaseSettings(): void {
  connection(READ_TIMEOUT_MS);
}
