import { type Run, type Statement, transact } from './database.ts';
import { translateDatabaseError } from './database-errors.ts';

// For this transaction only: the connection is shared with requests of others.
const ENTER: Statement = {
  name: '_system.enter',
  text: `select set_config('app.admin', 'true', true)`,
};

/**
 * Statements of the server itself, which sees accounts before anybody is signed in. All take effect, or, when `work`
 * throws, none. Throws problems.
 */
export async function asSystem<T>(work: (run: Run) => Promise<T>): Promise<T> {
  let current = ENTER;
  try {
    return await transact(async (run) => {
      await run(ENTER, []);
      return work((statement, values) => {
        current = statement;
        return run(statement, values);
      });
    });
  } catch (error) {
    throw translateDatabaseError(error, current);
  }
}
