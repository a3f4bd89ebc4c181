import { type Database, databaseNames, type Environment } from '../domain/database.ts';
import { TurboError } from '../domain/errors.ts';
import type { DatabaseRecord, ProjectRecord } from '../ports/state-records.ts';
import { type ReconcileNeeds, reconcileDatabase } from './reconcile-database.ts';

/** In the trash, or on the way back from it: an undo that was cut wishes for it already, and has not arrived. */
const isInTrash = ({ trashName, desired }: DatabaseRecord) => trashName !== null && desired !== 'absent';

/**
 * Brings a database back from the trash, with all rows. Throws `database.not_in_trash` when there is nothing to bring
 * back, also when it was taken away for good just before the lock was ours; `database.failed` when what was in the trash
 * is gone without our doing, so that an empty one had to be made; and what `reconcileDatabase` throws.
 */
export async function restore(
  { id, name }: Pick<ProjectRecord, 'id' | 'name'>,
  env: Environment,
  services: ReconcileNeeds,
): Promise<Database> {
  const order = { projectId: id, env, wish: 'present', onlyIf: isInTrash } as const;
  const { met, steps, cluster } = await reconcileDatabase(order, services);
  if (!met) {
    throw new TurboError('database.not_in_trash', `The ${env} database of ${name} is not in the trash.`, {
      hint: `turbobackend status ${id}`,
      details: { projectId: id, env },
    });
  }
  const { database, app } = databaseNames(id, env);
  if (steps.includes('create-database')) {
    throw new TurboError('database.failed', `${database} was not in the trash any more: it is there again, empty.`, {
      hint: 'turbobackend migrate up, in its folder',
      details: { projectId: id, env },
    });
  }
  return { projectId: id, env, name: database, host: cluster.host, port: cluster.port, user: app, status: 'ready' };
}
