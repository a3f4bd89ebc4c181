import { identifier } from '../domain/identifier.ts';
import type { ProjectFolder } from '../domain/project.ts';
import type { RowIndex } from '../domain/row-index.ts';
import type { Version } from '../domain/version.ts';
import { openLogin } from '../operations/open-login.ts';
import { readPlaces } from '../operations/read-places.ts';
import { changeVersion, removeLeftRows, sweepVersions } from '../operations/versions.ts';
import { previewMigrations } from '../phases/migrate.ts';
import { commitStep, findPersonal } from './commit-step.ts';
import { loadRows, type Returned, readIndex } from './load-rows.ts';
import { readMigrations } from './migration-files.ts';
import { putAside, settleCut } from './record-version.ts';
import { migrateStage } from './stages.ts';
import { about, assertPlanned, decideFirst, type VersionChange, type VersionChanged } from './undo.ts';
import { assertRedoable, findTarget } from './undo-checks.ts';
import { misfit, type UndoneRows } from './undo-database.ts';
import { putBackBehaviour } from './version-behaviour.ts';
import { type CodeStep, changeCode, previewCode, putBackMigrations } from './version-code.ts';
import {
  appliedVersions,
  currentCatalogHash,
  type VersionNeeds,
  withOwner,
  withVersionAlone,
} from './version-place.ts';

/** What the next redo would do. Changes nothing. Throws `version.*`, and what migrating throws. */
export async function planRedo(planned: ProjectFolder, services: VersionNeeds): Promise<VersionChange> {
  return withVersionAlone(planned, services, (folder) => look(folder, services));
}

async function look(folder: ProjectFolder, services: VersionNeeds): Promise<VersionChange> {
  await settleCut(folder, services);
  const version = await findTarget(folder, 'redo', services);
  await assertRedoable(folder, version, services);
  const index = await indexOf(folder, version, services);
  const code = await previewCode(folder, { version, direction: 'redo' }, services);
  const files = { ...(await readMigrations(folder, services)), ...index?.migrations };
  const login = await openLogin(folder.project.id, version.env, 'mig', services);
  const plan = await previewMigrations('up', { files, login, keepSum() {} }, services);
  const goes = plan.flatMap(({ destroys }) => destroys.map(({ what, rows }) => ({ what, rows: rows ?? 0 })));
  const rows: UndoneRows = { goes, returns: namesIn(index), returned: null };
  const written = [...code.written, ...Object.keys(version.behaviour?.files ?? {})];
  return {
    ...{ version: about(version), migrations: plan.map((one) => one.version), rows },
    code: { ...code, written },
  };
}

async function indexOf(folder: ProjectFolder, version: Version, services: VersionNeeds): Promise<RowIndex | null> {
  return version.undone && readIndex(folder.project.id, version.undone, services);
}

function namesIn(index: RowIndex | null): readonly string[] {
  const only = index?.only;
  if (!only) return [];
  return [...only.tables, ...only.columns.flatMap(({ table, columns }) => columns.map((one) => `${table}.${one}`))];
}

/**
 * Applies the version that was undone last again, the other way round: rows are put aside, the migrations come back and
 * are applied, with the rows that went with them, then code, manifest and a commit. Cut anywhere, it goes on when it is
 * called again. Throws like `undo`.
 */
export async function redo(
  folder: ProjectFolder,
  planned: Pick<VersionChange, 'version'>,
  services: VersionNeeds,
): Promise<VersionChanged> {
  return withVersionAlone(folder, services, async (there) => {
    const { id } = there.project;
    await settleCut(there, services);
    const found = await findTarget(there, 'redo', services);
    assertPlanned(found, planned);
    await assertRedoable(there, found, services);
    await removeLeftRows(id, services);
    const former = found.state === 'redoing' ? found.personal : null;
    const personal = await findPersonal(there.directory, former, services);
    const version = await changeVersion(id, found, { state: 'redoing', personal }, services);
    const step: CodeStep = { version, direction: 'redo' };
    const ahead = await previewCode(there, step, services);
    if (ahead.conflicts.length > 0) return decideFirst(there, step, services);
    return applyAgain(there, version, services);
  });
}

async function applyAgain(folder: ProjectFolder, begun: Version, services: VersionNeeds): Promise<VersionChanged> {
  const { id } = folder.project;
  const { env } = begun;
  const hasMigrations = begun.migrations.length + begun.added.length > 0;
  const isUntouched =
    hasMigrations && (await appliedVersions(folder, env, services)).join() === begun.appliedBefore.join();
  const version = isUntouched ? await putAside(folder, begun, services) : begun;
  const index = await indexOf(folder, version, services);
  if (index) await putBackMigrations(folder, index.migrations, services);
  await migrateStage(folder, env, services);
  const returned = await bringBack(folder, version, index, services);
  // The rows are where they were; what nobody took back stays for people.
  const undone = returned.left.length > 0 ? version.undone : null;
  const loaded = await changeVersion(id, version, { undone }, services);
  const again = await putBackBehaviour(folder, loaded, services);
  const changed = await changeCode(folder, { version: loaded, direction: 'redo' }, services);
  const code = { ...changed, written: [...changed.written, ...again] };
  const migrations = (await appliedVersions(folder, env, services)).filter(
    (one) => !loaded.appliedBefore.includes(one),
  );
  const commit = await commitStep(
    {
      before: folder,
      personal: loaded.personal,
      migrations: [...migrations, ...loaded.added],
      endpoints: loaded.behaviour?.added ?? [],
      message: `redo: ${loaded.title}\n\nApplies version ${loaded.number} again.\n`,
    },
    services,
  );
  const catalog = await currentCatalogHash(folder, env, services);
  const commits = [...loaded.commits, ...(commit === null ? [] : [commit])];
  const behaviour = loaded.behaviour && { ...loaded.behaviour, files: {} };
  await changeVersion(id, loaded, { state: 'applied', migrations, catalog, behaviour, commits }, services);
  await sweepVersions(id, services);
  await services.state.recordActivity({ projectId: id, action: 'redone', details: { version: loaded.number } });
  const rows: UndoneRows = { goes: [], returns: namesIn(index), returned };
  return { ...{ version: about(loaded), migrations, rows, code, commit }, backup: null, isWaiting: false };
}

/** What had gone with undoing, into tables and columns that are there again. */
async function bringBack(
  folder: ProjectFolder,
  { env, undone }: Version,
  index: RowIndex | null,
  services: VersionNeeds,
): Promise<Returned> {
  const gone = index?.only;
  if (!undone || !gone) return { rows: 0, values: 0, left: [] };
  return withOwner(folder, env, services, async (session) => {
    const tables = (await readPlaces(session)).map(({ name }) => identifier(name));
    await session.query("BEGIN; SET LOCAL lock_timeout = '30s'");
    try {
      if (tables.length > 0) await session.query(`LOCK TABLE ${tables.join(', ')} IN SHARE ROW EXCLUSIVE MODE`);
      const order = { projectId: folder.project.id, saved: undone, gone };
      const returned = await loadRows(order, session, services).catch(misfit);
      await session.query('COMMIT');
      return returned;
    } catch (error) {
      await session.query('ROLLBACK').catch(() => {});
      throw error;
    }
  });
}
