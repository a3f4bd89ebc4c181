import { type Run, runInPool, type Statement, transact } from './database.ts';
import { translateDatabaseError } from './database-errors.ts';

/** Several queries that take effect together: handed to each of them, and good for nothing else. */
export class Transaction {}

const runs = new WeakMap<Transaction, Run>();

/** All queries of `work` take effect, or, when it throws, none. */
export function inTransaction<T>(work: (together: Transaction) => Promise<T>): Promise<T> {
  return transact((run) => {
    const together = new Transaction();
    runs.set(together, run);
    return work(together);
  });
}

/** Rows of one query. Throws a problem that names the field at fault. */
export async function runQuery<R extends object>(
  statement: Statement,
  values: unknown[],
  together: Transaction | null,
): Promise<R[]> {
  const run = (together && runs.get(together)) ?? runInPool;
  try {
    return await run<R>(statement, values);
  } catch (error) {
    throw translateDatabaseError(error, statement);
  }
}
