import type { Login } from '../../domain/database.ts';
import { isTurboError, TurboError } from '../../domain/errors.ts';
import type { Needs } from '../../ports/services.ts';
import type { SqlSession } from '../../ports/sql.ts';
import { explainJournalFailure } from './failure.ts';
import type { RunServices } from './run-file.ts';

const POLL_MS = 50;
const LONGEST_POLL_MS = 500;

/** The server must read strings as our parser did, whatever the role or database has set. */
const SESSION_SETTINGS = { standard_conforming_strings: 'on' };

/** Connects for the time of `work`; while others have all of the role's few connections, waits for one. */
export async function withSession<T>(
  login: Login,
  services: Needs<'sql' | 'clock'>,
  waitMs: number,
  work: (session: SqlSession) => Promise<T>,
): Promise<T> {
  const session = await connect(login, services, waitMs);
  try {
    return await work(session);
  } catch (error) {
    throw explainJournalFailure(error);
  } finally {
    await session.close();
  }
}

async function connect(login: Login, services: Needs<'sql' | 'clock'>, waitMs: number): Promise<SqlSession> {
  const startedAt = services.clock.elapsedMs();
  for (;;) {
    try {
      return await services.sql.connect(login, SESSION_SETTINGS);
    } catch (error) {
      const isFull = isTurboError(error, 'cluster.unreachable') && error.details?.state === '53300';
      if (!isFull || services.clock.elapsedMs() - startedAt > waitMs) throw error;
      await services.clock.sleep(LONGEST_POLL_MS);
    }
  }
}

/**
 * Waits until no other runner works on this database. The lock belongs to the session, so it dies with the process.
 * Polled: a session blocked inside pg_advisory_lock and a CREATE INDEX CONCURRENTLY would wait for each other for ever.
 */
export async function waitForLock(session: SqlSession, services: RunServices, waitMs: number): Promise<void> {
  const startedAt = services.clock.elapsedMs();
  for (let poll = POLL_MS, told = false; ; poll = Math.min(LONGEST_POLL_MS, poll * 1.5)) {
    const { rows } = await session.query(
      `SELECT pg_catalog.pg_try_advisory_lock(pg_catalog.hashtextextended('turbobackend:migrate', 0)) AS locked`,
    );
    if (rows[0]?.locked === true) return;
    const waited = services.clock.elapsedMs() - startedAt;
    if (waited > waitMs) {
      throw new TurboError('run.locked', 'Another migration of this database is still running.', {
        hint: 'Run the same command again when it has ended.',
      });
    }
    if (waited > 1000 && !told) {
      services.progress({ kind: 'note', message: 'Another migration of this database is running: waiting for it' });
      told = true;
    }
    await services.clock.sleep(poll);
  }
}
