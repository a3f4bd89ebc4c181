import { compareCatalogs } from '../domain/catalog.ts';
import { findGone, type Gone, NOTHING_GONE } from '../domain/column-places.ts';
import { databaseNames } from '../domain/database.ts';
import { identifier } from '../domain/identifier.ts';
import { parseMigrationFolder } from '../domain/migration.ts';
import type { ProjectFolder } from '../domain/project.ts';
import type { RowIndex } from '../domain/row-index.ts';
import type { Version } from '../domain/version.ts';
import { openLogin } from '../operations/open-login.ts';
import { readCatalog } from '../operations/read-catalog.ts';
import { readPlaces } from '../operations/read-places.ts';
import { changeVersion } from '../operations/versions.ts';
import { migrateDownTogether } from '../phases/migrate.ts';
import { SqlError, type SqlSession } from '../ports/sql.ts';
import type { FileTree } from '../ports/workspace.ts';
import { countGone, type Going } from './count-gone.ts';
import { loadRows, type Returned, readIndex } from './load-rows.ts';
import { readMigrations } from './migration-files.ts';
import { withWaysBack } from './missing-way.ts';
import { saveRows } from './save-rows.ts';
import { refusal } from './undo-checks.ts';
import { appliedVersions, type VersionNeeds } from './version-place.ts';

/** What taking a version back does to the database. */
export interface UndoneRows {
  /** Tables and columns that go, with what was written into them. */
  readonly goes: readonly Going[];
  /** Tables and columns whose rows and values come back. */
  readonly returns: readonly string[];
  /** Null when it was only looked at. */
  readonly returned: Returned | null;
}

/**
 * Takes a version's migrations back in one transaction, in which nobody else writes: what goes is put aside first, what
 * the step had taken away comes back, and in the end everything has to be as it was before the step. With `isTrial`
 * nothing is kept. Gives the version with what was put aside. Throws `version.refused` and what migrating throws.
 */
export async function undoDatabase(
  folder: ProjectFolder,
  order: { readonly version: Version; readonly isTrial: boolean },
  services: VersionNeeds,
): Promise<{ readonly version: Version; readonly rows: UndoneRows }> {
  const { version, isTrial } = order;
  const { project } = folder;
  const files = await readMigrations(folder, services);
  const index = version.before ? await readIndex(project.id, version.before, services) : null;
  const applied = await appliedVersions(folder, version.env, services);
  const to = applied.filter((one) => !version.migrations.includes(one)).at(-1) ?? '0';
  const migrate = {
    files: await withWaysBack(folder, { version, files, index }, services),
    login: await openLogin(project.id, version.env, 'mig', services),
    reader: databaseNames(project.id, version.env).ro,
    to,
  };
  const kept = isTrial ? null : migrationsOf(version, files);
  let changed = version;
  const rows = await migrateDownTogether<UndoneRows>(
    migrate,
    async (session, takeBack) => {
      const { gone, goes, lost } = await look(session, takeBack, index);
      const returns = [
        ...lost.tables,
        ...lost.columns.flatMap(({ table, columns }) => columns.map((one) => `${table}.${one}`)),
      ];
      if (kept === null) return { isKept: false, result: { goes, returns, returned: null } };
      changed = await putGoneAside(project.id, { version, gone, migrations: kept }, session, services);
      await takeBack();
      const returned = await bringBack(project.id, { version, index, lost }, session, services);
      return { isKept: true, result: { goes, returns, returned } };
    },
    services,
  );
  return { version: changed, rows };
}

/** The files that leave the folder with a version. */
function migrationsOf(version: Version, files: FileTree): FileTree {
  const { ups, downs } = parseMigrationFolder(files);
  const own = [...ups, ...downs].filter(
    (file) => version.migrations.includes(file.version) || version.added.includes(file.version),
  );
  return Object.fromEntries(own.map(({ path }) => [path, files[path] ?? '']));
}

/** Nobody writes from here on. What goes is seen by letting it go once. */
async function look(
  session: SqlSession,
  takeBack: () => Promise<void>,
  index: RowIndex | null,
): Promise<{ readonly gone: Gone; readonly goes: readonly Going[]; readonly lost: Gone }> {
  const now = await readPlaces(session);
  if (now.length > 0) {
    await session.query(`LOCK TABLE ${now.map(({ name }) => identifier(name)).join(', ')} IN SHARE ROW EXCLUSIVE MODE`);
  }
  await session.query('SAVEPOINT before_it_goes');
  await takeBack();
  const gone = findGone(now, await readPlaces(session));
  if (index) await assertLeadsBack(index, session);
  await session.query('ROLLBACK TO SAVEPOINT before_it_goes');
  const lost = index ? findGone(index.places, now) : NOTHING_GONE;
  return { gone, goes: await countGone(gone, session), lost: withoutOwn(lost) };
}

/** The backend's own tables come back empty. */
function withoutOwn({ tables, columns }: Gone): Gone {
  const isOwn = (name: string) => name.startsWith('_');
  return { tables: tables.filter((name) => !isOwn(name)), columns: columns.filter(({ table }) => !isOwn(table)) };
}

/** The record names what is kept before anything goes. */
async function putGoneAside(
  projectId: string,
  order: { readonly version: Version; readonly gone: Gone; readonly migrations: FileTree },
  session: SqlSession,
  services: VersionNeeds,
): Promise<Version> {
  const { version, gone: only, migrations } = order;
  const place = { projectId, folder: `${version.number}-undone-${services.ids.projectId()}` };
  const undone = await saveRows({ place, only, migrations, maxBytes: Number.POSITIVE_INFINITY }, session, services);
  return changeVersion(projectId, version, { undone }, services);
}

async function bringBack(
  projectId: string,
  order: { readonly version: Version; readonly index: RowIndex | null; readonly lost: Gone },
  session: SqlSession,
  services: VersionNeeds,
): Promise<Returned> {
  const { version, index, lost } = order;
  if (version.before === null || index === null) return { rows: 0, values: 0, left: [] };
  const returned = await loadRows({ projectId, saved: version.before, gone: lost }, session, services).catch(misfit);
  await assertLeadsBack(index, session);
  return returned;
}

async function assertLeadsBack(index: RowIndex, session: SqlSession): Promise<void> {
  const [other] = compareCatalogs(index.catalog, await readCatalog(session), { names: true });
  if (!other) return;
  throw refusal(
    `The way back does not lead back: the ${other.kind} of ${other.object} would be another.`,
    'Correct the file in migrations/down, or go on from here: turbobackend evolve "<what is to change>"',
  );
}

/** What was kept does not fit any more to what was written since. */
export function misfit(error: unknown): never {
  if (!(error instanceof SqlError) || !/^2[23]/.test(error.state)) throw error;
  throw refusal(
    `What was kept does not fit to what was written since: ${error.message} (${error.state}).`,
    'Change these rows, then run the same command again.',
    error,
  );
}
