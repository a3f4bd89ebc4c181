import pg from 'pg';
import type { Account } from './auth.ts';
import { withinBudget } from './budget.ts';
import {
  chooseLane,
  nameOf,
  openPool,
  pooler,
  type Run,
  transact,
  tryTogether,
} from './database.ts';
import { type Statement, translateDatabaseError } from './database-errors.ts';
import { runOn } from './lane.ts';
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

/**
 * One statement in a transaction of its own that knows who asks. All of it is sent in one go: on a shared connection
 * nothing of others comes between, and what was told ends with the transaction, however that ends.
 */
async function runTogether<R extends object>(
  client: pg.ClientBase,
  asker: Asker,
  statement: Statement,
  values: unknown[],
): Promise<R[]> {
  const run: Run = (own, parameters) => runOn(client, own, parameters);
  const begun = run(BEGIN, []);
  const told = tellAsker(run, asker);
  const rows = run<R>(statement, values);
  const ended = run(COMMIT, []);
  // The first to fail is the reason of all that follow.
  const steps = await Promise.allSettled([begun, told, rows, ended]);
  for (const step of steps) if (step.status === 'rejected') throw step.reason;
  return rows;
}

/** The same, when a pooler lies between. */
function runInTurn<R extends object>(
  asker: Asker,
  statement: Statement,
  values: unknown[],
): Promise<R[]> {
  return transact(async (run) => {
    await tellAsker(run, asker);
    return run<R>(statement, values);
  });
}

/** One statement for an account, on any free connection. Throws errors of the database as they are. */
export async function runAs<R extends object>(
  asker: Asker,
  statement: Statement,
  values: unknown[],
): Promise<R[]> {
  if (pooler) return runInTurn<R>(asker, statement, values);
  const client = await openPool().connect();
  let isBroken = false;
  try {
    return await runTogether<R>(client, asker, statement, values);
  } catch (error) {
    isBroken = !(error instanceof pg.DatabaseError);
    throw error;
  } finally {
    client.release(isBroken);
  }
}

/** Rows of one quick SELECT that an account may see; MORE is the last when they are too large. Throws a problem: 503 when the database does not answer. */
export async function readRowsAs<R extends object>(
  asker: Asker,
  statement: Statement,
  values: unknown[],
): Promise<R[]> {
  try {
    return await withinBudget(statement, (own) => readQuicklyAs<R>(asker, own, values));
  } catch (error) {
    throw translateDatabaseError(error, statement);
  }
}

function readQuicklyAs<R extends object>(
  asker: Asker,
  statement: Statement,
  values: unknown[],
): Promise<R[]> {
  if (pooler) return runAs<R>(asker, statement, values);
  return chooseLane().use((client) => runTogether<R>(client, asker, statement, values));
}

/** The first row of one quick SELECT. */
export async function readRowAs<R extends object>(
  asker: Asker,
  statement: Statement,
  values: unknown[],
): Promise<R | undefined> {
  try {
    return (await readQuicklyAs<R>(asker, statement, values))[0];
  } catch (error) {
    throw translateDatabaseError(error, statement);
  }
}

/** Rows of a SELECT for an account that may take its time. Throws a problem: 503 when it took too long. */
export async function findRowsAs<R extends object>(
  asker: Asker,
  { text, values }: Query,
): Promise<R[]> {
  const statement = { name: nameOf(text), text };
  const parameters = [...values];
  const within = (run: (own: Statement) => Promise<R[]>) => withinBudget(statement, run);
  try {
    return await tryTogether(
      statement,
      (client) => within((own) => runTogether<R>(client, asker, own, parameters)),
      () => within((own) => runAs<R>(asker, own, parameters)),
    );
  } catch (error) {
    throw translateDatabaseError(error, statement);
  }
}

/** Rows of a SELECT from `visible`: the rows that an account may see, and which these are is said in SQL. */
export function findVisible<R extends object>(
  asker: Asker,
  visible: (account: string, admin: string) => string,
  { text, values }: Query,
): Promise<R[]> {
  const rows = visible(`$${values.length + 1}`, `$${values.length + 2}`);
  const own = [asker?.id, asker?.isAdmin].slice(0, visible.length);
  const query = { text: `with visible as (${rows})\n${text}`, values: [...values, ...own] };
  return findRowsAs(asker, query);
}
