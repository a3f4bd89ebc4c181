import { TurboError } from '../../domain/errors.ts';
import type { JudgedMigration } from '../../domain/migration.ts';
import type { Needs } from '../../ports/services.ts';
import { SqlError, type SqlSession } from '../../ports/sql.ts';
import { explainFailure, isContention, isLostConnection } from './failure.ts';
import { finishRow, insertRow } from './journal.ts';

/** Deadlines of a run, in milliseconds. */
export interface MigrationLimits {
  /** For one lock inside the database; then the file is rolled back and tried again. */
  readonly lockTimeoutMs: number;
  readonly statementTimeoutMs: number;
  /** For another runner to finish. */
  readonly waitMs: number;
}

export type RunServices = Needs<'clock' | 'progress'> & Partial<Needs<'toolVersion'>>;

const MAX_TRIES = 10;
const LONGEST_PAUSE_MS = 60_000;

/** Who acts and where names lead; a function called by a migration could have changed either. */
const WHO = `SELECT current_user || ' ' || session_user || ' ' || current_setting('search_path') AS who`;

async function whoActs(session: SqlSession): Promise<unknown> {
  return (await session.query(WHO)).rows[0]?.who;
}

/** Everything of the file and its row in the journal, or nothing of both. */
async function attempt(
  file: JudgedMigration,
  session: SqlSession,
  services: RunServices,
  limits: MigrationLimits,
): Promise<number> {
  const { clock } = services;
  const startedAt = clock.elapsedMs();
  const before = await whoActs(session);
  await session.query(
    `BEGIN; SET LOCAL lock_timeout = ${limits.lockTimeoutMs}; SET LOCAL statement_timeout = ${limits.statementTimeoutMs}`,
  );
  // The row first: its primary key keeps a second runner out even when somebody held the advisory lock in our place.
  await insertRow(session, file, {
    status: 'applied',
    appliedAt: clock.now(),
    toolVersion: services.toolVersion ?? null,
  });
  for (const statement of file.statements) {
    try {
      await session.query(statement.text);
    } catch (error) {
      throw isContention(error) ? error : explainFailure(error, file, statement);
    }
  }
  if ((await whoActs(session)) !== before) {
    throw new TurboError('migration.refused', `${file.path} changed the acting role or the search path.`, {
      hint: 'Nothing of this file was applied. Qualify names instead.',
    });
  }
  const ms = clock.elapsedMs() - startedAt;
  await finishRow(session, file.version, clock.now(), ms);
  await session.query('COMMIT').catch((error: unknown) => {
    throw isContention(error) ? error : explainFailure(error, file, null);
  });
  return ms;
}

/** Exponential from one second to a minute, shifted by up to a quarter so that runners drift apart. */
function pauseMs(tries: number, { clock }: Needs<'clock'>): number {
  const base = Math.min(LONGEST_PAUSE_MS, 1000 * 2 ** (tries - 1));
  return base * (0.75 + (Math.floor(clock.elapsedMs()) % 251) / 1000);
}

/**
 * Applies a migration in one transaction, again after a pause while somebody holds a lock that it needs. Gives its
 * milliseconds, or null when another runner has applied it in the meantime. Throws `migration.failed`.
 */
export async function runInTransaction(
  file: JudgedMigration,
  session: SqlSession,
  services: RunServices,
  limits: MigrationLimits,
): Promise<number | null> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await attempt(file, session, services, limits);
    } catch (error) {
      if (isLostConnection(error)) throw explainFailure(error, file, null);
      await session.query('ROLLBACK').catch(() => {});
      if (error instanceof SqlError && error.state === '23505') return null;
      if (!isContention(error)) throw explainFailure(error, file, null);
      if (tries === MAX_TRIES)
        throw explainFailure(error, file, file.statements[0] ?? null, { note: `Tried ${tries} times.` });
      const pause = pauseMs(tries, services);
      services.progress({
        kind: 'note',
        message: `${file.path} waits for a lock that somebody else holds; next try in ${Math.round(pause / 1000)} s`,
      });
      await services.clock.sleep(pause);
    }
  }
}

/**
 * What DISCARD ALL does, but for two things: it would let go of the advisory lock, and it would leave the role that
 * the login was given for the one that has no rights.
 */
export async function cleanSession(session: SqlSession): Promise<void> {
  await session.query(
    'CLOSE ALL; RESET ALL; DEALLOCATE ALL; UNLISTEN *; DISCARD PLANS; DISCARD TEMP; DISCARD SEQUENCES',
  );
}
