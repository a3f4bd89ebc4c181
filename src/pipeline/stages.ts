import { type Database, databaseNames, type Environment } from '../domain/database.ts';
import type { Deployment } from '../domain/deployment.ts';
import { isTurboError, TurboError } from '../domain/errors.ts';
import { frameworkOf, type Project, type ProjectFolder } from '../domain/project.ts';
import { followMove } from '../operations/follow-move.ts';
import { readManifest } from '../operations/manifest.ts';
import { openLogin } from '../operations/open-login.ts';
import { assertOwner } from '../operations/ownership.ts';
import { provision } from '../operations/provision.ts';
import type { ReconcileNeeds } from '../operations/reconcile-database.ts';
import { restore } from '../operations/restore.ts';
import { start } from '../operations/start.ts';
import { enforceStorage } from '../operations/storage.ts';
import { migrateUp } from '../phases/migrate.ts';
import { scaffold } from '../phases/scaffold.ts';
import type { DeployOrder } from '../ports/deploy-target.ts';
import type { Needs } from '../ports/services.ts';
import { SqlError } from '../ports/sql.ts';
import type { DatabaseRecord, ProjectRecord } from '../ports/state-records.ts';
import { keepSum, readMigrations } from './migration-files.ts';
import { type LoginNeeds, settleLogins } from './settle-logins.ts';

/**
 * Each phase applied to a project folder, with what it records. `create` strings them together; the commands of the
 * same names run one alone. All of them may be repeated.
 */

export function needsDatabase(project: Project): boolean {
  return project.schema !== null && project.schema.tables.length > 0;
}

/**
 * Registers the folder's project; refuses a folder that another project has, and a manifest with another project's id.
 * Throws `project.not_yours` for a project of somebody else's.
 */
export async function register(folder: ProjectFolder, services: Needs<'state' | 'workspace' | 'owner'>): Promise<void> {
  const { directory, project } = folder;
  const { state } = services;
  const known = await followMove(project, directory, services);
  if (known) return assertOwner(known, services);
  const record = await state.claimProject({
    id: project.id,
    name: project.name,
    request: project.request,
    directory,
    createdAt: project.createdAt,
  });
  if (record.id === project.id && record.directory === directory) return assertOwner(record, services);
  throw new TurboError(
    'project.foreign',
    record.id === project.id
      ? `Project ${project.id} lies in ${record.directory}; ${directory} has a copy of its turbobackend.json.`
      : `${directory} belongs to project ${record.id}, but its turbobackend.json names ${project.id}.`,
    { hint: 'Remove the copied turbobackend.json, or work in the original folder.' },
  );
}

export async function provisionStage(
  folder: ProjectFolder,
  env: Environment,
  services: ReconcileNeeds & Needs<'workspace' | 'owner'>,
): Promise<Database> {
  await register(folder, services);
  return provision({ projectId: folder.project.id, env }, services);
}

/**
 * Puts the logins into the folder's `.env` files of that environment. A change of passwords that was cut is finished
 * first.
 */
export async function configureStage(
  { directory, project }: ProjectFolder,
  env: Environment,
  services: LoginNeeds,
): Promise<void> {
  const withAccounts = (project.schema?.accounts ?? null) !== null;
  await settleLogins({ id: project.id, directory, withAccounts }, env, services);
}

/**
 * Applies what is pending. For development the sum of the migrations follows the files that are not applied yet; for the
 * other environments all of it has to be right.
 */
export async function migrateStage(
  folder: ProjectFolder,
  env: Environment,
  services: LoginNeeds,
  order: { readonly to?: string } = {},
): Promise<{ readonly applied: readonly string[]; readonly alreadyApplied: readonly string[] }> {
  const files = await readMigrations(folder, services);
  const record = (sql: string) =>
    services.state.recordQuery({ projectId: folder.project.id, env, kind: 'migration', sql });
  const result = await explainingLoss(folder.project, env, services, async () => {
    const login = await openLogin(folder.project.id, env, 'mig', services);
    const reader = databaseNames(folder.project.id, env).ro;
    const sum = env === 'dev' ? { keepSum: () => keepSum(folder.directory, services) } : { needsSum: true };
    return migrateUp({ files, login, reader, ...sum, ...order, onApplied: ({ sql }) => record(sql) }, services);
  });
  // New tables are bounded like the old ones.
  await enforceStorage(await services.state.findDatabase(folder.project.id, env), services);
  return result;
}

/**
 * Brings a database back from the trash with all rows and, when the project's folder is there, its `.env` files. Throws
 * `database.not_in_trash` when there is nothing to bring back.
 */
export async function restoreStage(
  record: Pick<ProjectRecord, 'id' | 'name' | 'directory'>,
  env: Environment,
  services: LoginNeeds,
): Promise<Database> {
  const database = await restore(record, env, services);
  await services.state.recordActivity({ projectId: record.id, action: 'restored', details: { env } });
  const project = await readManifest(record.directory, services).catch(() => null);
  if (project?.id === record.id) await configureStage({ directory: record.directory, project }, env, services);
  return database;
}

type ScaffoldNeeds = Needs<'workspace' | 'templates' | 'progress' | 'programs'>;

/** Writes the project; into a new folder, or into the one that holds the manifest already. */
export async function scaffoldStage(
  { directory, project }: ProjectFolder,
  services: ScaffoldNeeds & Needs<'state' | 'toolVersion'>,
  options: { readonly restore?: boolean } = {},
): Promise<Awaited<ReturnType<typeof scaffold>>> {
  const present = await readManifest(directory, services);
  const into = present?.id === project.id ? 'existing-folder' : 'new-folder';
  const current = present?.id === project.id ? { ...project, files: present.files } : project;
  const result = await scaffold({ directory, project: current, into, ...options }, services);
  await services.state.recordGeneration({
    projectId: project.id,
    schema: project.schema,
    files: result.project.files,
    toolVersion: services.toolVersion,
    framework: frameworkOf(project),
    directory,
  });
  return result;
}

/**
 * Makes a built project run. PostgreSQL may have come up on another port than last time, so the `.env` is brought up to
 * date first; a server that runs and answers is left as it is.
 */
export async function startStage(
  record: Pick<ProjectRecord, 'id' | 'directory'>,
  services: LoginNeeds,
): Promise<{ readonly deployment: Deployment; readonly wasRunning: boolean }> {
  const project = await readManifest(record.directory, services);
  if (project === null) return start(record, services);
  return explainingLoss(project, 'dev', services, async () => {
    await refreshLogins({ directory: record.directory, project }, services);
    return start(record, services);
  });
}

/** Brings the `.env` files of all databases up to date: PostgreSQL may answer on another port by now. */
async function refreshLogins(folder: ProjectFolder, services: LoginNeeds): Promise<void> {
  const records = await services.state.listDatabases(folder.project.id);
  const dev = records.find(({ env }) => env === 'dev');
  if (dev && dev.desired !== 'present') throw withdrawn(folder.project, dev);
  for (const record of records) {
    if (record.status === 'ready') await configureStage(folder, record.env, services);
    await enforceStorage(record, services);
  }
}

/**
 * What fails because its database was moved to the trash meanwhile says that, and not only what it noticed of it. What
 * the failure itself is stays its cause.
 */
export async function explainingLoss<T>(
  project: Project,
  env: Environment,
  { state }: Needs<'state'>,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isTurboError(error) && !(error instanceof SqlError)) throw error;
    const record = await state.findDatabase(project.id, env).catch(() => null);
    if (record === null || record.desired === 'present') throw error;
    throw withdrawn(project, record, error);
  }
}

/** A server without its database would only answer that it has none. */
function withdrawn({ id, name }: Project, { desired, env }: DatabaseRecord, cause?: unknown): TurboError {
  const flag = env === 'dev' ? '' : ` --env ${env}`;
  return desired === 'trashed'
    ? new TurboError('project.incomplete', `The ${env} database of ${name} is in the trash.`, {
        hint: `Bring it back: turbobackend deprovision ${id}${flag} --undo`,
        cause,
      })
    : new TurboError('project.incomplete', `The ${env} database of ${name} is being taken away.`, {
        hint: `turbobackend deprovision ${id}${flag} --purge, or, for a new one: turbobackend provision${flag}`,
        cause,
      });
}

/** Starts what was built and remembers where it runs. */
export async function deployStage(
  { directory, project }: ProjectFolder,
  options: Pick<DeployOrder, 'port' | 'fingerprint'>,
  services: LoginNeeds,
): Promise<Deployment> {
  const deployment = await explainingLoss(project, 'dev', services, async () => {
    await refreshLogins({ directory, project }, services);
    return services.target.start({ projectId: project.id, directory, ...options });
  });
  await services.state.recordDeployment(deployment, directory);
  await services.state.recordActivity({ projectId: project.id, action: 'deployed', details: { url: deployment.url } });
  return deployment;
}
