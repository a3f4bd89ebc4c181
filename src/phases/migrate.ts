import type { Login } from '../domain/database.ts';
import { isTurboError, TurboError } from '../domain/errors.ts';
import {
  type JudgedMigration,
  type MigrationFile,
  type MigrationStatusRow,
  parseMigrationFiles,
} from '../domain/migration.ts';
import type { Needs } from '../ports/services.ts';
import type { SqlSession } from '../ports/sql.ts';
import { explainJournalFailure } from './migrate/failure.ts';
import { compareJournal, ensureJournal, planRun, readJournal } from './migrate/journal.ts';
import { openForReports } from './migrate/reader.ts';
import { runAlone } from './migrate/run-alone.ts';
import { cleanSession, type MigrationLimits, type RunServices, runInTransaction } from './migrate/run-file.ts';

/** What to apply, and as whom. */
export interface MigrateOrder {
  /** Content of the migrations folder: file name (with or without the folder before it) → text. */
  readonly files: Readonly<Record<string, string>>;
  /** The `_mig` login, which acts as the owner of the database. */
  readonly login: Login;
  /** The login for reports, which is let past row-level security; nobody unless given. */
  readonly reader?: string;
  /** Told after each file was committed. */
  readonly onApplied?: (migration: AppliedMigration) => void | Promise<void>;
  /** Deadlines in milliseconds; 5 s for a lock, 15 min for a statement and for another runner unless given. */
  readonly limits?: Partial<MigrationLimits>;
}

export interface AppliedMigration {
  /** Its key in `files`. */
  readonly path: string;
  readonly sql: string;
  readonly ms: number;
}

const LIMITS: MigrationLimits = { lockTimeoutMs: 5000, statementTimeoutMs: 15 * 60_000, waitMs: 15 * 60_000 };
const POLL_MS = 50;
const LONGEST_POLL_MS = 500;

/** The server must read strings as our parser did, whatever the role or database has set. */
const SESSION_SETTINGS = { standard_conforming_strings: 'on' };

/** Connects; while other runners have all of the role's few connections, waits for one. */
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
async function waitForLock(session: SqlSession, services: RunServices, waitMs: number): Promise<void> {
  const startedAt = services.clock.elapsedMs();
  for (let poll = POLL_MS, told = false; ; poll = Math.min(LONGEST_POLL_MS, poll * 1.5)) {
    const { rows } = await session.query(
      `SELECT pg_catalog.pg_try_advisory_lock(pg_catalog.hashtextextended('turbobackend:migrate', 0)) AS locked`,
    );
    if (rows[0]?.locked === true) return;
    const waited = services.clock.elapsedMs() - startedAt;
    if (waited > waitMs) {
      throw new TurboError('run.locked', 'Another migration of this database is still running.', {
        hint: 'Run turbobackend migrate up again when it has ended.',
      });
    }
    if (waited > 1000 && !told) {
      services.progress({ kind: 'note', message: 'Another migration of this database is running: waiting for it' });
      told = true;
    }
    await services.clock.sleep(poll);
  }
}

/** Indexes that PostgreSQL keeps up but does not use: never left by us, worth a word when they are there. */
async function warnOfInvalidIndexes(session: SqlSession, services: Needs<'progress'>): Promise<void> {
  const { rows } = await session.query(
    `SELECT c.relname AS name FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
     WHERE NOT i.indisvalid ORDER BY 1`,
  );
  for (const { name } of rows) {
    services.progress({ kind: 'warning', message: `The index ${String(name)} is invalid: drop it and make it again` });
  }
}

/**
 * Applies what is pending, in the order of the versions, each file exactly once whatever happens: two at once, kill -9
 * or a crash of PostgreSQL at any instant. Repeating it changes nothing. Both lists hold keys of `files`.
 *
 * Throws before anything runs `migration.invalid`, `migration.refused`, `migration.changed` and `migration.missing`;
 * `migration.failed` with file, line and statement, when nothing of that file was applied; `run.locked` and `cluster.*`.
 */
export async function migrateUp(
  order: MigrateOrder,
  services: Needs<'sql' | 'clock' | 'progress'> & Partial<Needs<'toolVersion'>>,
): Promise<{ readonly applied: readonly string[]; readonly alreadyApplied: readonly string[] }> {
  const files = parseMigrationFiles(order.files);
  const limits = { ...LIMITS, ...order.limits };
  const session = await connect(order.login, services, limits.waitMs);
  try {
    const result = await applyPending(files, session, order, { ...services, limits });
    if (order.reader !== undefined) await openForReports(session, order.reader);
    return result;
  } catch (error) {
    throw explainJournalFailure(error);
  } finally {
    await session.close();
  }
}

async function applyPending(
  files: readonly MigrationFile[],
  session: SqlSession,
  order: MigrateOrder,
  services: RunServices & { readonly limits: MigrationLimits },
): Promise<{ readonly applied: readonly string[]; readonly alreadyApplied: readonly string[] }> {
  const { limits } = services;
  const applied: string[] = [];
  if ((await planRun(files, await readJournal(session))).length > 0) {
    await waitForLock(session, services, limits.waitMs);
    await ensureJournal(session);
    const journal = await readJournal(session);
    const begun = new Set(journal.map((row) => row.version));
    for (const file of await planRun(files, journal)) {
      const ms = await runFile(file, session, services, { limits, resumed: begun.has(file.version) });
      if (ms === null) {
        // Somebody without our lock was faster: all is well when it was the same file.
        await planRun(files, await readJournal(session));
        continue;
      }
      applied.push(file.path);
      services.progress({ kind: 'detail', message: `${file.path} applied in ${Math.round(ms)} ms` });
      await order.onApplied?.({ path: file.path, sql: file.sql, ms });
    }
    await warnOfInvalidIndexes(session, services);
  }
  const alreadyApplied = files.map((file) => file.path).filter((path) => !applied.includes(path));
  return { applied, alreadyApplied };
}

async function runFile(
  file: JudgedMigration,
  session: SqlSession,
  services: RunServices,
  order: { readonly limits: MigrationLimits; readonly resumed: boolean },
): Promise<number | null> {
  const ms = file.transactional
    ? await runInTransaction(file, session, services, order.limits)
    : await runAlone(file, session, services, order);
  await cleanSession(session);
  return ms;
}

/** How files and database agree, without changing either. Throws `migration.invalid` and `cluster.*`. */
export async function migrationStatus(
  order: Pick<MigrateOrder, 'files' | 'login'>,
  services: Needs<'sql'>,
): Promise<readonly MigrationStatusRow[]> {
  const files = parseMigrationFiles(order.files);
  const session = await services.sql.connect(order.login, SESSION_SETTINGS);
  try {
    return compareJournal(files, await readJournal(session));
  } catch (error) {
    throw explainJournalFailure(error);
  } finally {
    await session.close();
  }
}
