import { ENVIRONMENTS, type Environment } from '../domain/database.ts';
import { TurboError } from '../domain/errors.ts';
import type { ProjectFolder } from '../domain/project.ts';
import { newestApplied, nextUndone, type Version } from '../domain/version.ts';
import { readManifest } from '../operations/manifest.ts';
import { listVersions } from '../operations/versions.ts';
import {
  appliedVersions,
  assertSettled,
  currentCatalogHash,
  folderVersions,
  type VersionNeeds,
} from './version-place.ts';

/** The version that `undo` or `redo` is about. Throws `version.not_found` and `version.unfinished`. */
export async function findTarget(
  folder: ProjectFolder,
  direction: 'undo' | 'redo',
  services: VersionNeeds,
): Promise<Version> {
  const { project } = folder;
  const versions = await listVersions(project.id, services);
  assertSettled(versions, [direction === 'undo' ? 'undoing' : 'redoing']);
  const cut = versions.find(({ state }) => state === 'begun');
  if (cut) {
    throw new TurboError('version.unfinished', `A step was cut: ${cut.title}.`, {
      hint: 'Finish it: turbobackend evolve',
    });
  }
  const found = direction === 'undo' ? newestApplied(versions) : nextUndone(versions);
  if (found && found.kind !== 'create') return found;
  if (direction === 'redo') {
    throw new TurboError('version.not_found', `Nothing of ${project.name} was undone.`, {
      hint: 'turbobackend history',
    });
  }
  const message = `There is nothing to undo in ${project.name}: no step was applied to what was created.`;
  throw new TurboError('version.not_found', message, { hint: 'To take the whole project away: turbobackend destroy' });
}

/** Throws `version.refused` when something was changed otherwise since, with the way out. */
export async function assertUndoable(folder: ProjectFolder, version: Version, services: VersionNeeds): Promise<void> {
  await assertOnlyHere(folder, version, services);
  assertSchema(folder, version);
  const applied = await appliedVersions(folder, version.env, services);
  const own = new Set([...version.migrations, ...version.added]);
  const pending = (await folderVersions(folder, services)).find((one) => !applied.includes(one) && !own.has(one));
  if (pending !== undefined) {
    throw refusal(`The migration ${pending} is not applied.`, 'turbobackend migrate up, or take its file away');
  }
  if (version.migrations.every((one) => !applied.includes(one))) return;
  const newest = applied.slice(-version.migrations.length);
  if (newest.join() !== version.migrations.join()) {
    const later = applied.filter((one) => !own.has(one)).at(-1);
    throw refusal(
      `The migration ${later} was applied after version ${version.number}, and not by a step of the history.`,
      'Take it back first: turbobackend migrate down',
    );
  }
  if (version.catalog === null || (await currentCatalogHash(folder, version.env, services)) === version.catalog) return;
  throw refusal(
    `The ${version.env} database was changed since version ${version.number}, and not by a migration.`,
    'What differs: turbobackend migrate verify',
  );
}

/** What another database was given is history there: it is not taken out of the folder. */
async function assertOnlyHere(folder: ProjectFolder, version: Version, services: VersionNeeds): Promise<void> {
  const known = await services.state.listDatabases(folder.project.id);
  for (const env of ENVIRONMENTS) {
    const record = known.find((one) => one.env === env);
    if (env === version.env || record?.desired !== 'present' || record.status !== 'ready') continue;
    const there = await appliedVersions(folder, env, services);
    const [first] = version.migrations.filter((one) => there.includes(one));
    if (first === undefined) continue;
    throw refusal(`Version ${version.number} was applied to ${env} as well: its migration ${first}.`, wayOut(env));
  }
}

function wayOut(env: Environment): string {
  return env === 'prod'
    ? 'What production has is changed by a further step only: turbobackend evolve "<what is to change>"'
    : `Take it back there first: turbobackend migrate down --env ${env}`;
}

function assertSchema({ project }: ProjectFolder, version: Version): void {
  const now = JSON.stringify(project.schema);
  if (now === JSON.stringify(version.schemaAfter) || now === JSON.stringify(version.schemaBefore)) return;
  throw refusal(
    `The schema in turbobackend.json was changed since version ${version.number}.`,
    'Apply it (turbobackend migrate diff, then migrate up), or bring it back.',
  );
}

/** Throws `version.refused` when `redo` would not find what `undo` has left. */
export async function assertRedoable(folder: ProjectFolder, version: Version, services: VersionNeeds): Promise<void> {
  assertSchema(folder, version);
  const applied = await appliedVersions(folder, version.env, services);
  const own = new Set([...version.migrations, ...version.added]);
  const others = applied.filter((one) => !own.has(one));
  if (others.join() !== version.appliedBefore.join()) {
    throw refusal(
      `Other migrations are applied than when version ${version.number} was undone.`,
      'turbobackend migrate status',
    );
  }
  const pending = (await folderVersions(folder, services)).find((one) => !applied.includes(one) && !own.has(one));
  if (pending !== undefined) {
    throw refusal(`The migration ${pending} is not applied.`, 'turbobackend migrate up, or take its file away');
  }
}

export function refusal(message: string, hint: string, cause?: unknown): TurboError {
  return new TurboError('version.refused', message, { hint: `Nothing was changed. ${hint}`, cause });
}

/** The project as its manifest is right now. */
export async function freshFolder(folder: ProjectFolder, services: VersionNeeds): Promise<ProjectFolder> {
  return { ...folder, project: (await readManifest(folder.directory, services)) ?? folder.project };
}
