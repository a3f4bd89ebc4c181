import type { Backup } from '../domain/backup.ts';
import { ENVIRONMENTS, type Environment } from '../domain/database.ts';
import { isTurboError, TurboError } from '../domain/errors.ts';
import { identifier } from '../domain/identifier.ts';
import type { ProjectFolder } from '../domain/project.ts';
import { findBackup } from '../operations/backups.ts';
import { readCatalog } from '../operations/read-catalog.ts';
import type { ReconcileNeeds } from '../operations/reconcile-database.ts';
import { withdrawDatabase } from '../operations/withdraw-database.ts';
import type { Needs } from '../ports/services.ts';
import { restoreBackup } from './restore-backup.ts';
import { configureStage, migrateStage, provisionStage } from './stages.ts';
import { type VersionNeeds, withOwner } from './version-place.ts';

export interface NewRestoreOrder {
  /** Whose newest backup is meant, where `id` names none. */
  readonly from: Environment;
  /** Whose database is made; null: the first of `dev` and `staging` that has none. */
  readonly into: Environment | null;
  readonly id?: string;
  readonly bucket?: string;
}

type RestoreNeeds = VersionNeeds & ReconcileNeeds & Needs<'remotes' | 'target' | 'owner'>;

/**
 * Makes the database of an environment that has none, with the migrations that were applied when the backup was made, and
 * brings the rows into it, held against what was saved. What fails leaves no database behind; cut, the next call for the
 * same environment goes on. Throws `database.not_empty` where there is something already, and what `restoreBackup` throws.
 */
export async function restoreIntoNew(
  folder: ProjectFolder,
  { from, into, id, bucket }: NewRestoreOrder,
  services: RestoreNeeds,
): Promise<{ readonly backup: Backup; readonly env: Environment }> {
  const { project, directory } = folder;
  const env = into === null ? await freeEnvironment(project.id, services) : await assertFree(folder, into, services);
  const isOurs = (await services.state.findDatabase(project.id, env)) === null;
  const wanted = { env: from, ...(id === undefined ? {} : { id }) };
  // Before anything is made: there may be no such backup, or no bucket.
  const { id: found, migrations } = await findBackup(project.id, wanted, bucket, services);
  const last = [...migrations].sort().at(-1);
  try {
    await provisionStage(folder, env, services);
    await configureStage(folder, env, services);
    await migrateStage(folder, env, services, last === undefined ? {} : { to: last });
    const order = { env, id: found, ...(bucket === undefined ? {} : { bucket }) };
    return { backup: await restoreBackup(folder, order, services), env };
  } catch (error) {
    // Rows that are there are somebody else's, who was quicker.
    const isTaken = isTurboError(error) && error.code === 'database.not_empty';
    if (isOurs && !isTaken)
      await withdrawDatabase({ id: project.id, directory }, { env, purge: true }, services).catch(() => {});
    throw error;
  }
}

/** `prod` is made only where somebody names it. */
async function freeEnvironment(projectId: string, { state }: Needs<'state'>): Promise<Environment> {
  for (const env of ENVIRONMENTS) {
    if (env !== 'prod' && (await state.findDatabase(projectId, env)) === null) return env;
  }
  throw new TurboError('database.not_empty', 'The environments dev and staging have databases already.', {
    hint: 'Name one that has no rows (--into-new staging), or make room: turbobackend deprovision --env staging --purge',
  });
}

/** There is no database, or one that has not got a row: what a cut call has left. */
async function assertFree(folder: ProjectFolder, env: Environment, services: RestoreNeeds): Promise<Environment> {
  const record = await services.state.findDatabase(folder.project.id, env);
  if (record === null) return env;
  const full = record.desired === 'present' ? await firstWithRows(folder, env, services) : null;
  if (record.desired === 'present' && full === null) return env;
  const what = full === null ? 'is in the trash' : `has rows in ${full}`;
  throw new TurboError('database.not_empty', `The ${env} database ${what}; nothing was changed.`, {
    hint: `Name another environment behind --into-new, or take it away for good: turbobackend deprovision --env ${env} --purge`,
  });
}

async function firstWithRows(folder: ProjectFolder, env: Environment, services: RestoreNeeds): Promise<string | null> {
  // A cut call may have made half of it.
  await provisionStage(folder, env, services);
  return withOwner(folder, env, services, async (session) => {
    const { tables } = await readCatalog(session);
    for (const { name } of tables) {
      const { rowCount } = await session.query(`SELECT FROM ${identifier(name)} LIMIT 1`);
      if (rowCount !== 0) return name;
    }
    return null;
  });
}
