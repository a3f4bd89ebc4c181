import { type Catalog, compareCatalogs } from '../domain/catalog.ts';
import type { Environment } from '../domain/database.ts';
import { isTurboError, TurboError } from '../domain/errors.ts';
import { identifier } from '../domain/identifier.ts';
import { isUnwritten, parseMigrationFolder, SUM_FILE } from '../domain/migration.ts';
import type { ProjectFolder } from '../domain/project.ts';
import { openLogin } from '../operations/open-login.ts';
import { readCatalog } from '../operations/read-catalog.ts';
import { sweepScratches, withScratchDatabase } from '../operations/scratch-database.ts';
import { migrateDown, migrateUp, migrationStatus } from '../phases/migrate.ts';
import type { SqlSession } from '../ports/sql.ts';
import type { FileTree } from '../ports/workspace.ts';
import { copyRows, countRows } from './copy-rows.ts';
import { readMigrations } from './migration-files.ts';
import type { TrialNeeds } from './trial-database.ts';

/** More are not copied; then it is tried without rows. */
const MAX_ROWS = 1_000_000;

/** What was seen when pending migrations were run on a copy of a database. */
export interface PendingRehearsal {
  /** Rows that were copied; null: there were too many, and it was tried without any. */
  readonly rows: number | null;
  readonly copyMs: number;
  readonly upMs: number;
  /** Tables that have another number of rows afterwards; `after` is null for one that is gone. */
  readonly changed: readonly { readonly table: string; readonly before: number; readonly after: number | null }[];
  /** The files of `down/` lead back to what was there, do not, or are not all there. */
  readonly wayBack: 'restores' | 'differs' | 'missing';
}

/**
 * Runs what is pending on a copy of an environment's rows, and back. Changes nothing of it. Throws `migration.failed`
 * when it would fail there, and `migration.changed` when the database is not what its migrations make, so that there
 * can be no copy.
 */
export async function rehearsePending(
  folder: ProjectFolder,
  order: { readonly env: Environment; readonly to?: string },
  services: TrialNeeds,
): Promise<PendingRehearsal> {
  const { id } = folder.project;
  const { [SUM_FILE]: _sum, ...files } = await readMigrations(folder, services);
  const sourceLogin = await openLogin(id, order.env, 'mig', services);
  const rows = await migrationStatus({ files, login: sourceLogin }, services);
  const last = rows.findLast(({ state }) => state === 'applied')?.version ?? null;
  const source = await services.sql.connect(sourceLogin);
  try {
    await sweepScratches(id, services);
    return await withScratchDatabase(id, services, async (scratch) => {
      const login = await scratch.login('mig');
      if (last !== null) await migrateUp({ files, login, to: last }, services);
      const copy = await services.sql.connect(login);
      try {
        return await tryPending({ files, login, last, to: order.to }, { source, copy }, services);
      } finally {
        await copy.close();
      }
    });
  } finally {
    await source.close();
  }
}

interface Pending {
  readonly files: FileTree;
  readonly login: Parameters<typeof migrateUp>[0]['login'];
  /** The newest migration that is applied. */
  readonly last: string | null;
  readonly to: string | undefined;
}

async function tryPending(
  { files, login, last, to }: Pending,
  { source, copy }: { readonly source: SqlSession; readonly copy: SqlSession },
  services: TrialNeeds,
): Promise<PendingRehearsal> {
  const { clock } = services;
  const former = await readCatalog(copy);
  assertAlike(await readCatalog(source), former);
  const begin = clock.elapsedMs();
  const total = await countRows(former, source);
  if (total <= MAX_ROWS) await copyRows(former, source, copy);
  const copyMs = clock.elapsedMs() - begin;
  const before = await countEach(former, copy);
  const turn = clock.elapsedMs();
  await migrateUp({ files, login, ...(to === undefined ? {} : { to }) }, services).catch((error: unknown) => {
    throw failedOnCopy(error);
  });
  const upMs = clock.elapsedMs() - turn;
  const after = await countEach(await readCatalog(copy), copy);
  const changed = [...before].flatMap(([table, count]) => {
    const now = after.get(table) ?? null;
    return now === count ? [] : [{ table, before: count, after: now }];
  });
  const wayBack = await goBack({ files, login, last, to }, former, copy, services);
  return { rows: total <= MAX_ROWS ? total : null, copyMs, upMs, changed, wayBack };
}

async function goBack(
  { files, login, last }: Pending,
  former: Catalog,
  copy: SqlSession,
  services: TrialNeeds,
): Promise<PendingRehearsal['wayBack']> {
  const { ups, downs } = parseMigrationFolder(files);
  const back = new Set(downs.filter((down) => !isUnwritten(down)).map(({ version }) => version));
  const applied = await migrationStatus({ files, login }, services);
  const isNew = (version: string) => last === null || version > last;
  const ran = ups.filter(
    ({ version }) => isNew(version) && applied.some((row) => row.version === version && row.state === 'applied'),
  );
  if (!ran.every(({ version }) => back.has(version))) return 'missing';
  try {
    await migrateDown({ files, login, to: last ?? '0' }, services);
  } catch (error) {
    if (isTurboError(error) && error.code.startsWith('migration.')) return 'differs';
    throw error;
  }
  return compareCatalogs(former, await readCatalog(copy), { names: true }).length === 0 ? 'restores' : 'differs';
}

function assertAlike(found: Catalog, made: Catalog): void {
  const [first, ...more] = compareCatalogs(found, made);
  if (!first) return;
  const rest = more.length > 0 ? `, and ${more.length} more` : '';
  throw new TurboError(
    'migration.changed',
    `The database is not what its migrations make, so there is no copy to try them on: ${first.kind} of ${first.object}${rest}.`,
    { hint: 'See what differs: turbobackend migrate verify. To migrate all the same: --no-rehearse' },
  );
}

function failedOnCopy(error: unknown): unknown {
  if (!isTurboError(error) || error.code !== 'migration.failed') return error;
  return new TurboError('migration.failed', `On a copy of the rows: ${error.message}`, {
    hint: 'Nothing was changed. Correct the file, then run turbobackend migrate up.',
    cause: error,
    ...(error.details ? { details: error.details } : {}),
  });
}

async function countEach({ tables }: Catalog, session: SqlSession): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>();
  for (const { name } of tables) {
    const { rows } = await session.query(`SELECT count(*)::text AS n FROM ONLY ${identifier(name)}`);
    counts.set(name, Number(rows[0]?.n ?? 0));
  }
  return counts;
}
