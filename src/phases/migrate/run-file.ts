import { TurboError } from '../../domain/errors.ts';
import type { JudgedMigration } from '../../domain/migration.ts';
import type { Needs } from '../../ports/services.ts';
import { SqlError, type SqlSession } from '../../ports/sql.ts';
import { explainFailure, isContention, isLostConnection } from './failure.ts';
import { deleteRow, finishRow, insertRow } from './journal.ts';

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

/** What a file does to the journal, beside its own statements. */
export interface Direction {
  /** Guards the file against a second runner that has no lock; false when somebody else has done it. */
  begin(file: JudgedMigration, session: SqlSession, services: RunServices): Promise<boolean>;
  finish(file: JudgedMigration, session: SqlSession, ms: number, services: RunServices): Promise<void>;
}

/** The row first: its primary key keeps a second runner out even when somebody held the advisory lock in our place. */
export const UP: Direction = {
  async begin(file, session, { clock, toolVersion = null }) {
    const row = { status: 'applied', appliedAt: clock.now(), toolVersion } as const;
    try {
      await insertRow(session, file, row);
      return true;
    } catch (error) {
      if (error instanceof SqlError && error.state === '23505') return false;
      throw error;
    }
  },
  finish: (file, session, ms, { clock }) => finishRow(session, file.version, clock.now(), ms),
};

/** Deleting locks the row: a second runner waits here, and finds it gone. */
export const DOWN: Direction = {
  begin: async (file, session) => (await deleteRow(session, file.version)) === 1,
  async finish() {},
};

/** Everything of the file and what it does to the journal, or nothing of both. */
async function attempt(
  file: JudgedMigration,
  session: SqlSession,
  services: RunServices,
  order: RunOrder,
): Promise<number | null> {
  const { clock } = services;
  const { limits, direction } = order;
  const startedAt = clock.elapsedMs();
  const before = await whoActs(session);
  await session.query(
    `BEGIN; SET LOCAL lock_timeout = ${limits.lockTimeoutMs}; SET LOCAL statement_timeout = ${limits.statementTimeoutMs}`,
  );
  if (!(await direction.begin(file, session, services))) {
    await session.query('ROLLBACK');
    return null;
  }
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
  await direction.finish(file, session, ms, services);
  await session.query('COMMIT').catch((error: unknown) => {
    throw isContention(error) ? error : explainFailure(error, file, null);
  });
  return ms;
}

export interface RunOrder {
  readonly limits: MigrationLimits;
  readonly direction: Direction;
}

/** Exponential from one second to a minute, shifted by up to a quarter so that runners drift apart. */
function pauseMs(tries: number, { clock }: Needs<'clock'>): number {
  const base = Math.min(LONGEST_PAUSE_MS, 1000 * 2 ** (tries - 1));
  return base * (0.75 + (Math.floor(clock.elapsedMs()) % 251) / 1000);
}

/**
 * Runs a file in one transaction, again after a pause while somebody holds a lock that it needs. Gives its milliseconds,
 * or null when another runner has done it in the meantime. Throws `migration.failed`.
 */
export async function runInTransaction(
  file: JudgedMigration,
  session: SqlSession,
  services: RunServices,
  order: RunOrder,
): Promise<number | null> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await attempt(file, session, services, order);
    } catch (error) {
      if (isLostConnection(error)) throw explainFailure(error, file, null);
      await session.query('ROLLBACK').catch(() => {});
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
