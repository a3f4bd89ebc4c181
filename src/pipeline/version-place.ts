import type { Catalog } from '../domain/catalog.ts';
import type { Environment } from '../domain/database.ts';
import { TurboError } from '../domain/errors.ts';
import { parseMigrationFolder } from '../domain/migration.ts';
import { fileHash, type ProjectFolder } from '../domain/project.ts';
import type { Version } from '../domain/version.ts';
import { readManifest } from '../operations/manifest.ts';
import { openLogin } from '../operations/open-login.ts';
import { readCatalog } from '../operations/read-catalog.ts';
import { listVersions } from '../operations/versions.ts';
import type { Needs } from '../ports/services.ts';
import type { SqlSession } from '../ports/sql.ts';
import { readBegun } from './begun-change.ts';
import { exclusively } from './exclusive.ts';
import { readMigrations } from './migration-files.ts';
import { listMigrations } from './migrations.ts';
import type { LoginNeeds } from './settle-logins.ts';
import { findUndecided } from './undecided.ts';
import { addedSince } from './version-behaviour.ts';

/** What recording versions, and taking them back and forth, takes. */
export type VersionNeeds = LoginNeeds &
  Needs<'templates' | 'programs' | 'toolVersion' | 'archive' | 'repository' | 'versionLimits' | 'ids'>;

/** One after the other: a second command waits, and says so. Throws `cluster.locked` when that takes too long. */
export async function withVersionLock<T>(
  { project }: ProjectFolder,
  services: VersionNeeds,
  work: () => Promise<T>,
): Promise<T> {
  await services.cluster.ensure();
  return services.databases.withProjectLock(`${project.id}_versions`, work, () => {
    services.progress({ kind: 'note', message: `Another command is changing ${project.name}: waiting for it` });
  });
}

/** The same for what changes the project itself; `work` gets it as it is then. */
export function withVersionAlone<T>(
  folder: ProjectFolder,
  services: VersionNeeds,
  work: (current: ProjectFolder) => Promise<T>,
): Promise<T> {
  return withVersionLock(folder, services, () => exclusively(folder, services, work));
}

/** Throws `version.unfinished` while an undo or redo was cut, or waits for somebody to decide. */
export function assertSettled(versions: readonly Version[], but: readonly Version['state'][] = []): void {
  const cut = findCut(versions, but);
  if (cut) throw unfinished(cut, []);
}

const findCut = (versions: readonly Version[], but: readonly Version['state'][] = []): Version | undefined =>
  versions.find(({ state }) => (state === 'undoing' || state === 'redoing') && !but.includes(state));

function unfinished({ state, number, title }: Version, undecided: readonly string[]): TurboError {
  const command = state === 'undoing' ? 'undo' : 'redo';
  const message = `The ${command} of version ${number} (${title}) is not finished.`;
  if (undecided.length === 0)
    return new TurboError('version.unfinished', message, { hint: `Finish it: turbobackend ${command}` });
  return new TurboError('version.unfinished', `${message} ${waitFor(undecided)}`, {
    hint: `Decide in these files, then finish it: turbobackend ${command}`,
    details: { conflicts: undecided },
  });
}

const waitFor = (undecided: readonly string[]): string =>
  `Between <<<<<<< and >>>>>>> somebody has to decide in: ${undecided.join(', ')}.`;

/** The same for a project, with the files that wait; to be said before anything is done on top of it. */
export async function assertNoneWaiting(folder: ProjectFolder, services: Needs<'state' | 'workspace'>): Promise<void> {
  const cut = findCut(await listVersions(folder.project.id, services));
  if (cut) throw unfinished(cut, await findUndecided(folder, services));
}

/**
 * To be said before a project is built: throws what `assertNoneWaiting` throws, and `project.incomplete` while a file
 * has markers of another merge.
 */
export async function assertBuildable(folder: ProjectFolder, services: Needs<'state' | 'workspace'>): Promise<void> {
  await assertNoneWaiting(folder, services);
  const undecided = await findUndecided(folder, services);
  if (undecided.length === 0) return;
  throw new TurboError('project.incomplete', waitFor(undecided), {
    hint: 'Decide in these files, then run the same command again; what waits for it: turbobackend migrate status',
    details: { conflicts: undecided },
  });
}

/** Versions of the migrations that a database was given. */
export async function appliedVersions(
  folder: ProjectFolder,
  env: Environment,
  services: VersionNeeds,
): Promise<readonly string[]> {
  const rows = await listMigrations(folder, env, services);
  return rows.filter(({ state, appliedAt }) => state !== 'pending' && appliedAt !== null).map(({ version }) => version);
}

/** A session as the owner of the tables. */
export async function withOwner<T>(
  { project }: ProjectFolder,
  env: Environment,
  services: VersionNeeds,
  work: (session: SqlSession) => Promise<T>,
): Promise<T> {
  const session = await services.sql.connect(await openLogin(project.id, env, 'mig', services));
  try {
    return await work(session);
  } finally {
    await session.close();
  }
}

/** A step that was begun, and has changed neither the database nor the schema, and had no endpoint written. */
export async function isNothing(folder: ProjectFolder, version: Version, services: VersionNeeds): Promise<boolean> {
  if ((await readBegun(folder.directory, services)) !== null) return false;
  const applied = await appliedVersions(folder, version.env, services);
  const project = await readManifest(folder.directory, services);
  if (project && addedSince(version.behaviour, project).length > 0) return false;
  const isSchema = JSON.stringify(project?.schema ?? null) === JSON.stringify(version.schemaBegun);
  return applied.join() === version.appliedBefore.join() && isSchema;
}

/** Versions of the migrations that lie in the folder. */
export async function folderVersions(folder: ProjectFolder, services: VersionNeeds): Promise<readonly string[]> {
  return parseMigrationFolder(await readMigrations(folder, services)).ups.map(({ version }) => version);
}

/** One hash for everything a database holds but its rows and the order of columns. */
function catalogHash(catalog: Catalog): string {
  const tables = catalog.tables.map((table) => ({
    ...table,
    columns: [...table.columns].sort((one, other) => (one.name < other.name ? -1 : 1)),
    constraints: table.constraints.map(({ name, definition }) => ({ name, definition })),
  }));
  return fileHash(JSON.stringify({ ...catalog, tables }));
}

export function currentCatalogHash(folder: ProjectFolder, env: Environment, services: VersionNeeds): Promise<string> {
  return withOwner(folder, env, services, async (session) => catalogHash(await readCatalog(session)));
}
