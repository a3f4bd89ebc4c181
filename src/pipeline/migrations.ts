import { databaseNames, type Environment, type Login } from '../domain/database.ts';
import type { ProjectFolder } from '../domain/project.ts';
import { openLogin } from '../operations/open-login.ts';
import { enforceStorage } from '../operations/storage.ts';
import {
  findRepairs,
  migrateDown,
  migrationStatus,
  type PlannedMigration,
  previewMigrations,
  type Repair,
  repairMigrations,
} from '../phases/migrate.ts';
import type { Needs } from '../ports/services.ts';
import type { FileTree } from '../ports/workspace.ts';
import { keepSum, readMigrations, wrongSum } from './migration-files.ts';
import type { LoginNeeds } from './settle-logins.ts';
import { explainingLoss } from './stages.ts';

/** What commands do with migrations beside applying them. */

type LookNeeds = Needs<'cluster' | 'state' | 'vault' | 'workspace' | 'sql' | 'clock' | 'progress'>;

async function open(
  folder: ProjectFolder,
  env: Environment,
  services: LookNeeds,
): Promise<{ readonly files: FileTree; readonly login: Login }> {
  const files = await readMigrations(folder, services);
  return { files, login: await openLogin(folder.project.id, env, 'mig', services) };
}

/** Which migrations are applied, pending, changed or missing. */
export async function listMigrations(
  folder: ProjectFolder,
  env: Environment,
  services: LookNeeds,
): Promise<Awaited<ReturnType<typeof migrationStatus>>> {
  return migrationStatus(await open(folder, env, services), services);
}

/** What would be run, and what that would take away; nothing is changed. */
export async function previewStage(
  folder: ProjectFolder,
  order: { readonly direction: 'up' | 'down'; readonly env: Environment; readonly to?: string },
  services: LookNeeds,
): Promise<readonly PlannedMigration[]> {
  const { direction, env, to } = order;
  const sum = env === 'dev' ? { keepSum() {} } : { needsSum: true };
  const opened = await open(folder, env, services);
  return previewMigrations(direction, { ...opened, ...sum, ...(to === undefined ? {} : { to }) }, services);
}

/** Takes migrations back, newest first. */
export async function revertStage(
  folder: ProjectFolder,
  env: Environment,
  services: LoginNeeds,
  order: { readonly to?: string } = {},
): Promise<{ readonly reverted: readonly string[] }> {
  const record = (sql: string) =>
    services.state.recordQuery({ projectId: folder.project.id, env, kind: 'migration', sql });
  const result = await explainingLoss(folder.project, env, services, async () => {
    const reader = databaseNames(folder.project.id, env).ro;
    const opened = await open(folder, env, services);
    return migrateDown({ ...opened, reader, ...order, onApplied: ({ sql }) => record(sql) }, services);
  });
  await enforceStorage(await services.state.findDatabase(folder.project.id, env), services);
  return result;
}

/** What a repair would make agree. */
export interface RepairPlan {
  readonly repairs: readonly Repair[];
  /** Why the sum has to be written anew; null when it agrees with the files. */
  readonly sum: string | null;
}

export async function planRepair(folder: ProjectFolder, env: Environment, services: LookNeeds): Promise<RepairPlan> {
  const opened = await open(folder, env, services);
  return { repairs: await findRepairs(opened, services), sum: wrongSum(opened.files) };
}

/** Makes journal and sum say what the files are. Gives what was done about the journal. */
export async function repairStage(
  folder: ProjectFolder,
  order: { readonly env: Environment; readonly forget: readonly string[] },
  services: LookNeeds,
): Promise<readonly Repair[]> {
  const opened = await open(folder, order.env, services);
  const done = await repairMigrations({ ...opened, forget: order.forget }, services);
  await keepSum(folder.directory, services);
  return done;
}
