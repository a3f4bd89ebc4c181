import type { Login } from '../domain/database.ts';
import { type MigrationFolder, type MigrationStatusRow, parseMigrationFolder } from '../domain/migration.ts';
import type { Needs } from '../ports/services.ts';
import type { SqlSession } from '../ports/sql.ts';
import { compareJournal, ensureJournal, readJournal } from './migrate/journal.ts';
import { describePlan, type PlannedMigration } from './migrate/plan.ts';
import { planReversal, planRun } from './migrate/plan-run.ts';
import { openForReports } from './migrate/reader.ts';
import { carryOut, listRepairs, type Repair } from './migrate/repair.ts';
import { runAlone } from './migrate/run-alone.ts';
import { cleanSession, DOWN, type MigrationLimits, runInTransaction, UP } from './migrate/run-file.ts';
import { waitForLock, withSession } from './migrate/session.ts';
import { checkSum, type SumOrder } from './migrate/sum.ts';
import { type Together, takeBackTogether } from './migrate/together.ts';

export type { PlannedMigration } from './migrate/plan.ts';
export type { Repair } from './migrate/repair.ts';
export type { Together } from './migrate/together.ts';

/** What to apply, and as whom. */
export interface MigrateOrder extends SumOrder {
  /** Content of the migrations folder: file name (with or without the folder before it) → text. */
  readonly files: Readonly<Record<string, string>>;
  /** The `_mig` login, which acts as the owner of the database. */
  readonly login: Login;
  /** The login for reports, which is let past row-level security; nobody unless given. */
  readonly reader?: string;
  /** Told after each file was committed. */
  readonly onApplied?: (migration: AppliedMigration) => void | Promise<void>;
  /** Version or `<version>_<name>` of the last one to apply, or of the one to go back to (`0`: to before the first). */
  readonly to?: string;
  /** Deadlines in milliseconds; 5 s for a lock, 15 min for a statement and for another runner unless given. */
  readonly limits?: Partial<MigrationLimits>;
}

type MigrateNeeds = Needs<'sql' | 'clock' | 'progress'> & Partial<Needs<'toolVersion'>>;

interface WholeOrder extends MigrateOrder {
  readonly folder: MigrationFolder;
  readonly limits: MigrationLimits;
}

/** A file that was run. */
export interface AppliedMigration {
  /** Its key in `files`. */
  readonly path: string;
  readonly sql: string;
  readonly ms: number;
}

const LIMITS: MigrationLimits = { lockTimeoutMs: 5000, statementTimeoutMs: 15 * 60_000, waitMs: 15 * 60_000 };
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

const whole = (order: MigrateOrder): WholeOrder => ({
  ...order,
  folder: parseMigrationFolder(order.files),
  limits: { ...LIMITS, ...order.limits },
});

/**
 * Applies what is pending, in the order of the versions, each file exactly once whatever happens: two at once, kill -9
 * or a crash of PostgreSQL at any instant. Repeating it changes nothing. Both lists hold keys of `files`.
 *
 * Throws before anything runs `migration.invalid`, `migration.refused`, `migration.changed` and `migration.missing`;
 * `migration.failed` with file, line and statement, when nothing of that file was applied; `run.locked` and `cluster.*`.
 */
export async function migrateUp(
  order: MigrateOrder,
  services: MigrateNeeds,
): Promise<{ readonly applied: readonly string[]; readonly alreadyApplied: readonly string[] }> {
  const wanted = whole(order);
  return withSession(order.login, services, wanted.limits.waitMs, async (session) => {
    const applied = await applyPending(wanted, session, services);
    if (order.reader !== undefined) await openForReports(session, order.reader);
    const done = new Set((await readJournal(session)).map(({ version }) => version));
    const before = wanted.folder.ups.filter(({ path, version }) => done.has(version) && !applied.includes(path));
    return { applied, alreadyApplied: before.map(({ path }) => path) };
  });
}

async function applyPending(order: WholeOrder, session: SqlSession, services: MigrateNeeds): Promise<string[]> {
  const { folder, limits, to } = order;
  const applied: string[] = [];
  const before = await readJournal(session);
  await checkSum(folder, before, order);
  if ((await planRun(folder, before, to)).length === 0) return applied;
  await waitForLock(session, services, limits.waitMs);
  await ensureJournal(session);
  const journal = await readJournal(session);
  const begun = new Set(journal.map((row) => row.version));
  for (const file of await planRun(folder, journal, to)) {
    const ms = file.transactional
      ? await runInTransaction(file, session, services, { limits, direction: UP })
      : await runAlone(file, session, services, { limits, resumed: begun.has(file.version) });
    await cleanSession(session);
    if (ms === null) {
      // Somebody without our lock was faster: all is well when it was the same file.
      await planRun(folder, await readJournal(session), to);
      continue;
    }
    applied.push(file.path);
    services.progress({ kind: 'detail', message: `${file.path} applied in ${Math.round(ms)} ms` });
    await order.onApplied?.({ path: file.path, sql: file.sql, ms });
  }
  await warnOfInvalidIndexes(session, services);
  return applied;
}

/**
 * Takes migrations back with the files of `down/`, newest first: the last one, or all that are newer than `to` (`0`: all
 * there are), each exactly once whatever happens. Gives the keys of the files that were run.
 *
 * Throws before anything runs what `migrateUp` throws, and `migration.missing` when one of them has no way back.
 */
export async function migrateDown(
  order: MigrateOrder,
  services: MigrateNeeds,
): Promise<{ readonly reverted: readonly string[] }> {
  const wanted = whole(order);
  const { folder, limits } = wanted;
  return withSession(order.login, services, limits.waitMs, async (session) => {
    const reverted: string[] = [];
    if ((await readJournal(session)).length === 0) return { reverted };
    await waitForLock(session, services, limits.waitMs);
    const journal = await readJournal(session);
    const begun = new Set(journal.filter(({ status }) => status === 'running').map(({ version }) => version));
    for (const file of await planReversal(folder, journal, order.to)) {
      const ms = file.transactional
        ? await runInTransaction(file, session, services, { limits, direction: DOWN })
        : await runAlone(file, session, services, { limits, resumed: begun.has(file.version) });
      await cleanSession(session);
      if (ms === null) continue;
      reverted.push(file.path);
      services.progress({ kind: 'detail', message: `${file.path} run in ${Math.round(ms)} ms` });
      await order.onApplied?.({ path: file.path, sql: file.sql, ms });
    }
    await warnOfInvalidIndexes(session, services);
    return { reverted };
  });
}

/**
 * Takes back what is newer than `to` in one transaction, in which `work` looks and does what it wants before and after:
 * all of it is done, or nothing. Under the lock of the runners; tried again while somebody else holds a lock, so `work`
 * may be called several times. Throws what `migrateDown` and `work` throw.
 */
export async function migrateDownTogether<T>(
  order: MigrateOrder,
  work: Together<T>,
  services: MigrateNeeds,
): Promise<T> {
  const { folder, limits } = whole(order);
  return withSession(order.login, services, limits.waitMs, async (session) => {
    await waitForLock(session, services, limits.waitMs);
    const files = await planReversal(folder, await readJournal(session), order.to);
    const result = await takeBackTogether({ files, limits }, work, session, services);
    if (order.reader !== undefined) await openForReports(session, order.reader);
    return result;
  });
}

/**
 * What `migrateUp` or `migrateDown` would run, with what it would take away. Changes nothing, and takes no lock. Throws
 * what these throw before anything runs.
 */
export async function previewMigrations(
  direction: 'up' | 'down',
  order: MigrateOrder,
  services: Needs<'sql' | 'clock'>,
): Promise<readonly PlannedMigration[]> {
  const wanted = whole(order);
  return withSession(order.login, services, wanted.limits.waitMs, async (session) => {
    const journal = await readJournal(session);
    if (direction === 'up') await checkSum(wanted.folder, journal, order);
    const files =
      direction === 'up'
        ? await planRun(wanted.folder, journal, order.to)
        : await planReversal(wanted.folder, journal, order.to);
    return describePlan(files, session);
  });
}

/** How files and database agree, without changing either. Throws `migration.invalid` and `cluster.*`. */
export async function migrationStatus(
  order: Pick<MigrateOrder, 'files' | 'login'>,
  services: Needs<'sql' | 'clock'>,
): Promise<readonly MigrationStatusRow[]> {
  const folder = parseMigrationFolder(order.files);
  return withSession(order.login, services, LIMITS.waitMs, async (session) =>
    compareJournal(folder, await readJournal(session)),
  );
}

/**
 * What stands between the migrations and this database, and what `repairMigrations` would do about each of it. Changes
 * nothing. Throws `migration.invalid` and `cluster.*`.
 */
export async function findRepairs(
  order: Pick<MigrateOrder, 'files' | 'login'>,
  services: Needs<'sql' | 'clock'>,
): Promise<readonly Repair[]> {
  const folder = parseMigrationFolder(order.files);
  return withSession(order.login, services, LIMITS.waitMs, async (session) =>
    listRepairs(folder, await readJournal(session)),
  );
}

/**
 * Makes the journal say what somebody knows to be true, and gives what was done: an edited or renamed file counts as
 * what was applied, one that was begun is settled by what the catalog shows, a missing one is forgotten when its version
 * is named. Runs no migration. Throws `migration.invalid`, `migration.refused` for an edited file that could not be run, `run.locked` and
 * `cluster.*`.
 */
export async function repairMigrations(
  order: Pick<MigrateOrder, 'files' | 'login' | 'limits'> & { readonly forget?: readonly string[] },
  services: MigrateNeeds,
): Promise<readonly Repair[]> {
  const wanted = whole(order);
  return withSession(order.login, services, wanted.limits.waitMs, async (session) => {
    if ((await readJournal(session)).length === 0) return [];
    await waitForLock(session, services, wanted.limits.waitMs);
    const journal = await readJournal(session);
    const done: Repair[] = [];
    for (const repair of listRepairs(wanted.folder, journal)) {
      if (repair.kind === 'forget' && !order.forget?.includes(repair.version)) continue;
      await carryOut(repair, wanted.folder, session, services);
      done.push(repair);
    }
    return done;
  });
}
