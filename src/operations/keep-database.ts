import { TurboError } from '../domain/errors.ts';
import { type Reconciled, type ReconcileNeeds, type ReconcileOrder, reconcileDatabase } from './reconcile-database.ts';

/**
 * Brings a database that is there to what it should be, and never makes one: when it was moved to the trash or taken
 * away before the lock was ours, nothing is done. Throws `project.incomplete` then, and what `reconcileDatabase` throws.
 */
export async function keepDatabase(
  order: Omit<ReconcileOrder, 'wish' | 'onlyIf'>,
  services: ReconcileNeeds,
): Promise<Reconciled> {
  const done = await reconcileDatabase(
    { ...order, wish: 'present', onlyIf: ({ desired }) => desired === 'present' },
    services,
  );
  if (done.met) return done;
  const { projectId, env } = order;
  throw new TurboError('project.incomplete', `The ${env} database of project ${projectId} was taken away meanwhile.`, {
    hint: `turbobackend status ${projectId}`,
    details: { projectId, env },
  });
}
