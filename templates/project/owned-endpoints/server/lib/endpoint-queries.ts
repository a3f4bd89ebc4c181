import { type Asker, runAs, tellAsker } from './as-account.ts';
import { type Run, type Statement, transact } from './database.ts';
import { translateDatabaseError } from './database-errors.ts';

/** Several queries that take effect together: handed to each of them, and good for nothing else. */
export class Transaction {}

const runs = new WeakMap<Transaction, Run>();

/** All queries of `work` take effect for an account, or, when it throws, none. */
export function inTransaction<T>(
  asker: Asker,
  work: (together: Transaction) => Promise<T>,
): Promise<T> {
  return transact(async (run) => {
    await tellAsker(run, asker);
    const together = new Transaction();
    runs.set(together, run);
    return work(together);
  });
}

/** Rows of one query, of those that an account may see and change. Throws a problem that names the field at fault. */
export async function runQuery<R extends object>(
  statement: Statement,
  values: unknown[],
  asker: Asker,
  together: Transaction | null,
): Promise<R[]> {
  const run = together && runs.get(together);
  try {
    return await (run ? run<R>(statement, values) : runAs<R>(asker, statement, values));
  } catch (error) {
    throw translateDatabaseError(error, statement);
  }
}
