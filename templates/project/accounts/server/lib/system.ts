import { SYSTEM, tellAsker } from './as-account.ts';
import { type Run, type Statement, transact } from './database.ts';
import { translateDatabaseError } from './database-errors.ts';

/**
 * Statements of the server itself, which sees accounts before anybody is signed in. All take effect, or, when `work`
 * throws, none. Throws problems.
 */
export async function asSystem<T>(work: (run: Run) => Promise<T>): Promise<T> {
  let current: Statement = { name: '', text: '' };
  try {
    return await transact(async (run) => {
      await tellAsker(run, SYSTEM);
      return work((statement, values) => {
        current = statement;
        return run(statement, values);
      });
    });
  } catch (error) {
    throw translateDatabaseError(error, current);
  }
}
