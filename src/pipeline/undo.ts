import { TurboError } from '../domain/errors.ts';
import type { ProjectFolder } from '../domain/project.ts';
import type { Version } from '../domain/version.ts';
import { enforceStorage } from '../operations/storage.ts';
import { changeVersion, removeLeftRows, sweepVersions } from '../operations/versions.ts';
import { commitStep, findPersonal } from './commit-step.ts';
import { readIndex } from './load-rows.ts';
import { settleCut } from './record-version.ts';
import { assertUndoable, findTarget } from './undo-checks.ts';
import { type UndoneRows, undoDatabase } from './undo-database.ts';
import { behaviourToKeep, endpointFilesOf, takeOutBehaviour } from './version-behaviour.ts';
import { type CodeChange, type CodeStep, changeCode, previewCode, takeOutMigrations } from './version-code.ts';
import { appliedVersions, folderVersions, type VersionNeeds, withVersionAlone } from './version-place.ts';

/** What an undo or a redo is about, and what it does. */
export interface VersionChange {
  readonly version: Pick<Version, 'number' | 'kind' | 'title' | 'env'>;
  /** Versions of the migrations that are taken back, or applied again. */
  readonly migrations: readonly string[];
  readonly rows: UndoneRows;
  readonly code: CodeChange;
}

/** What was done. */
export interface VersionChanged extends VersionChange {
  /** Path of the folder with what went; null when nothing went. */
  readonly backup: string | null;
  /** Null when there is none. */
  readonly commit: string | null;
  /** Somebody has to decide between the markers in the files, then the same command goes on. */
  readonly isWaiting: boolean;
}

const NO_ROWS: UndoneRows = { goes: [], returns: [], returned: null };

/** What the next undo would do. Changes nothing. Throws `version.*`, and what migrating throws. */
export async function planUndo(planned: ProjectFolder, services: VersionNeeds): Promise<VersionChange> {
  return withVersionAlone(planned, services, (folder) => look(folder, services));
}

async function look(folder: ProjectFolder, services: VersionNeeds): Promise<VersionChange> {
  await settleCut(folder, services);
  const version = await findTarget(folder, 'undo', services);
  await assertUndoable(folder, version, services);
  const isThere = await isInDatabase(folder, version, services);
  const { rows } = isThere ? await undoDatabase(folder, { version, isTrial: true }, services) : { rows: NO_ROWS };
  const code = await previewCode(folder, { version, direction: 'undo' }, services);
  const own = await endpointFilesOf(folder.directory, version.behaviour?.added ?? [], services);
  return withRemoved(
    { version: about(version), migrations: isThere ? version.migrations : [], rows, code },
    Object.keys(own),
  );
}

/** The files of endpoints are not generated, so what generates does not know that they go. */
function withRemoved<T extends { readonly code: CodeChange }>(change: T, paths: readonly string[]): T {
  return { ...change, code: { ...change.code, removed: [...change.code.removed, ...paths] } };
}

export const about = ({ number, kind, title, env }: Version): VersionChange['version'] => ({
  number,
  kind,
  title,
  env,
});

/** Whether there is still something to take back in the database, or in the folder of migrations. */
async function isInDatabase(folder: ProjectFolder, version: Version, services: VersionNeeds): Promise<boolean> {
  // A step that had only endpoints written has changed no table.
  if (version.migrations.length === 0 && version.added.length === 0) return false;
  if (version.undone === null || version.state !== 'undoing') return true;
  const isWaiting = version.migrations.length === 0;
  const left = isWaiting
    ? await folderVersions(folder, services)
    : await appliedVersions(folder, version.env, services);
  return (isWaiting ? version.added : version.migrations).some((one) => left.includes(one));
}

/**
 * Takes the newest version back: rows and schema in one transaction, then migrations, code and manifest, and a commit.
 * What it is about to do is written down first: cut anywhere, it goes on when it is called again. Where a person and
 * the way back changed the same lines, code comes first, and the database waits. Throws `version.refused` when it is not
 * the version that was planned, and what `planUndo` throws.
 */
export async function undo(
  folder: ProjectFolder,
  planned: Pick<VersionChange, 'version'>,
  services: VersionNeeds,
): Promise<VersionChanged> {
  return withVersionAlone(folder, services, async (there) => {
    await settleCut(there, services);
    const found = await findTarget(there, 'undo', services);
    assertPlanned(found, planned);
    await assertUndoable(there, found, services);
    await removeLeftRows(there.project.id, services);
    const former = found.state === 'undoing' ? found.personal : null;
    const personal = await findPersonal(there.directory, former, services);
    const behaviour = await behaviourToKeep(there, found, services);
    const version = await changeVersion(there.project.id, found, { state: 'undoing', personal, behaviour }, services);
    const step: CodeStep = { version, direction: 'undo' };
    const ahead = await previewCode(there, step, services);
    if (ahead.conflicts.length > 0) return decideFirst(there, step, services);
    return takeBack(there, version, services);
  });
}

export function assertPlanned(found: Version, { version }: Pick<VersionChange, 'version'>): void {
  if (found.number === version.number) return;
  throw new TurboError('version.refused', 'The project was changed since this was planned.', {
    hint: 'Nothing was done. Run the same command again: it plans anew.',
  });
}

/** Code with markers, or the markers of an earlier call that are still there. */
export async function decideFirst(
  folder: ProjectFolder,
  step: CodeStep,
  services: VersionNeeds,
): Promise<VersionChanged> {
  const before = await previewCode(folder, step, services);
  const changed = await changeCode(folder, step, services);
  const code = changed.conflicts.length > 0 ? changed : before;
  return {
    version: about(step.version),
    migrations: [],
    rows: NO_ROWS,
    code,
    backup: null,
    commit: null,
    isWaiting: true,
  };
}

async function takeBack(folder: ProjectFolder, begun: Version, services: VersionNeeds): Promise<VersionChanged> {
  const { id } = folder.project;
  const isThere = await isInDatabase(folder, begun, services);
  const { version, rows } = isThere
    ? await undoDatabase(folder, { version: begun, isTrial: false }, services)
    : { version: begun, rows: NO_ROWS };
  if (version.undone) {
    const { migrations } = await readIndex(id, version.undone, services);
    await takeOutMigrations(folder, migrations, services);
  }
  const code = await changeCode(folder, { version, direction: 'undo' }, services);
  const gone = await takeOutBehaviour(folder, version, services);
  const commit = await commitStep(
    {
      before: folder,
      personal: version.personal,
      migrations: [...version.migrations, ...version.added],
      endpoints: version.behaviour?.added ?? [],
      message: `undo: ${version.title}\n\nTakes version ${version.number} back.\n`,
    },
    services,
  );
  const commits = [...version.commits, ...(commit === null ? [] : [commit])];
  await changeVersion(id, version, { state: 'undone', commits }, services);
  await sweepVersions(id, services);
  await enforceStorage(await services.state.findDatabase(id, version.env), services);
  await services.state.recordActivity({ projectId: id, action: 'undone', details: { version: version.number } });
  const backup = version.undone ? services.archive.pathOf({ projectId: id, folder: version.undone.folder }) : null;
  return withRemoved(
    {
      ...{ version: about(version), migrations: version.migrations, rows, code, commit, isWaiting: false },
      backup: (version.undone?.rows ?? 0) > 0 ? backup : null,
    },
    gone,
  );
}
