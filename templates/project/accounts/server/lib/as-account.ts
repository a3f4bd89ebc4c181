import type pg from 'pg';
import type { Account } from './auth.ts';
import {
  chooseLane,
  nameOf,
  pooler,
  type Run,
  sendable,
  transact,
  tryTogether,
  useFree,
} from './database.ts';
import { type Statement, translateDatabaseError } from './database-errors.ts';
import type { JsonPage } from './json-rows.ts';
import { pageOf, type Read, runOn, someRows } from './lane.ts';
import type { Query } from './list-sql.ts';

/** Whose rows a statement may see and change: the policies of the database ask. Null: nobody is signed in. */
export type Asker = Pick<Account, 'id' | 'isAdmin'> | null;

/** The server itself, which sees and changes everything. */
export const SYSTEM: Asker = { id: '', isAdmin: true };

const SET_ASKER: Statement = {
  name: '_asker.set',
  text: `
    select set_config('app.account', $1, true), set_config('app.admin', $2, true)`,
};

/** Tells the database who asks, until the end of the transaction. */
export function tellAsker(run: Run, asker: Asker): Promise<unknown> {
  return run(SET_ASKER, [String(asker?.id ?? ''), String(asker?.isAdmin ?? false)]);
}

// Named, since only statements of the driver's prepared kind are gathered.
const BEGIN: Statement = { name: '_asker.begin', text: 'begin' };
const COMMIT: Statement = { name: '_asker.commit', text: 'commit' };

/** Sends one statement. */
type Send<T> = (client: pg.ClientBase) => Promise<T>;

function sendRows<R extends object>(statement: Statement, values: unknown[]): Send<R[]> {
  return (client) => runOn<R>(client, sendable(statement), values);
}

/**
 * One statement in a transaction of its own that knows who asks. All of it is sent in one go: on a shared connection
 * nothing of others comes between, and what was told ends with the transaction, however that ends.
 */
async function runTogether<T>(client: pg.ClientBase, asker: Asker, send: Send<T>): Promise<T> {
  const run: Run = (own, parameters) => runOn(client, own, parameters);
  const begun = run(BEGIN, []);
  const told = tellAsker(run, asker);
  const result = send(client);
  const ended = run(COMMIT, []);
  // The first to fail is the reason of all that follow.
  const steps = await Promise.allSettled([begun, told, result, ended]);
  for (const step of steps) if (step.status === 'rejected') throw step.reason;
  return result;
}

/** The same on any free connection; when a pooler lies between, one after the other. */
function runAlone<T>(asker: Asker, send: Send<T>): Promise<T> {
  if (!pooler) return useFree((client) => runTogether(client, asker, send));
  return transact(async (run, client) => {
    await tellAsker(run, asker);
    return send(client);
  });
}

/** One statement for an account, on any free connection. Throws errors of the database as they are. */
export function runAs<R extends object>(
  asker: Asker,
  statement: Statement,
  values: unknown[],
): Promise<R[]> {
  return runAlone(asker, sendRows<R>(statement, values));
}

/** Rows of one quick SELECT that an account may see; MORE is the last when they are too large. Throws a problem: 503 when the database does not answer. */
export async function readRowsAs<R extends object>(
  asker: Asker,
  statement: Statement,
  values: unknown[],
): Promise<R[]> {
  try {
    return await sendQuickly(asker, (client) => someRows<R>(client, sendable(statement), values));
  } catch (error) {
    throw translateDatabaseError(error, statement);
  }
}

/** A page of one quick SELECT for an account; see `readPage`. */
export async function readPageAs(
  asker: Asker,
  statement: Statement,
  limit: number,
  values: unknown[] = [],
): Promise<JsonPage> {
  const read = pageOf(limit);
  const parameters = [limit + 1, ...values];
  try {
    return await sendQuickly(asker, (client) => read(client, sendable(statement), parameters));
  } catch (error) {
    throw translateDatabaseError(error, statement);
  }
}

function sendQuickly<T>(asker: Asker, send: Send<T>): Promise<T> {
  if (pooler) return runAlone(asker, send);
  return chooseLane().use((client) => runTogether(client, asker, send));
}

/** The first row of one quick SELECT. */
export async function readRowAs<R extends object>(
  asker: Asker,
  statement: Statement,
  values: unknown[],
): Promise<R | undefined> {
  try {
    return (await sendQuickly(asker, sendRows<R>(statement, values)))[0];
  } catch (error) {
    throw translateDatabaseError(error, statement);
  }
}

/** What is read of a SELECT for an account that may take its time. Throws a problem: 503 when it took too long. */
export async function findRowsAs<T>(
  asker: Asker,
  { text, values }: Query,
  read: Read<T>,
): Promise<T> {
  const statement = { name: nameOf(text), text };
  const send: Send<T> = (client) => read(client, sendable(statement), [...values]);
  try {
    return await tryTogether(
      statement,
      (client) => runTogether(client, asker, send),
      () => runAlone(asker, send),
    );
  } catch (error) {
    throw translateDatabaseError(error, statement);
  }
}

/** Takes a value into a statement, and gives its place there: `$3`. */
export type Bind = (value: unknown) => string;

/** What is read of a SELECT from `visible`: the rows that an account may see, and which these are is said in SQL. */
export function findVisible<T>(
  account: Account | null,
  visible: (account: Account | null, bind: Bind) => string,
  { text, values }: Query,
  read: Read<T>,
): Promise<T> {
  const all = [...values];
  const rows = visible(account, (value) => `$${all.push(value)}`);
  return findRowsAs(account, { text: `with visible as (${rows})\n${text}`, values: all }, read);
}
