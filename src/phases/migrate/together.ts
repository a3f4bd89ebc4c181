import { TurboError } from '../../domain/errors.ts';
import type { JudgedMigration } from '../../domain/migration.ts';
import { SqlError, type SqlSession } from '../../ports/sql.ts';
import { explainFailure, isContention } from './failure.ts';
import { deleteRow } from './journal.ts';
import type { MigrationLimits, RunServices } from './run-file.ts';

/**
 * What is done in a transaction beside taking migrations back, which `takeBack` does when it is called: everything is
 * kept when it says so, and else as it was.
 */
export type Together<T> = (
  session: SqlSession,
  takeBack: () => Promise<void>,
) => Promise<{ readonly isKept: boolean; readonly result: T }>;

const MAX_TRIES = 8;

/** Runs files newest first, with their rows of the journal, and `work`, in one transaction. */
export async function takeBackTogether<T>(
  { files, limits }: { readonly files: readonly JudgedMigration[]; readonly limits: MigrationLimits },
  work: Together<T>,
  session: SqlSession,
  services: RunServices,
): Promise<T> {
  const takeBack = async () => {
    for (const file of files) await runWithin(file, session);
  };
  for (let tries = 1; ; tries += 1) {
    try {
      await session.query(
        `BEGIN; SET LOCAL lock_timeout = ${limits.lockTimeoutMs}; SET LOCAL statement_timeout = ${limits.statementTimeoutMs}`,
      );
      const { isKept, result } = await work(session, takeBack);
      await session.query(isKept ? 'COMMIT' : 'ROLLBACK');
      return result;
    } catch (error) {
      await session.query('ROLLBACK').catch(() => {});
      if (!isContention(error) || tries === MAX_TRIES) throw error;
      services.progress({ kind: 'note', message: 'Somebody else holds a lock on the tables: trying again' });
      await services.clock.sleep(500 * tries);
    }
  }
}

/** Indexes of these files are made and dropped without CONCURRENTLY: everybody waits anyway. */
const CONCURRENTLY = /^\s*((?:CREATE\s+(?:UNIQUE\s+)?|DROP\s+)INDEX)\s+CONCURRENTLY\b/i;

async function runWithin(file: JudgedMigration, session: SqlSession): Promise<void> {
  await deleteRow(session, file.version);
  for (const statement of file.statements) {
    const text = file.transactional ? statement.text : statement.text.replace(CONCURRENTLY, '$1');
    if (!file.transactional && text === statement.text) throw apart(file);
    try {
      await session.query(text);
    } catch (error) {
      // A value of an enum that was added just now can only be used in a later transaction.
      if (error instanceof SqlError && error.state === '55P04') throw apart(file);
      throw isContention(error) ? error : explainFailure(error, file, statement);
    }
  }
}

function apart(file: JudgedMigration): TurboError {
  return new TurboError('version.refused', `${file.path} cannot run together with what is brought back.`, {
    hint: 'Nothing was changed. Take it back by itself: turbobackend migrate down',
  });
}
