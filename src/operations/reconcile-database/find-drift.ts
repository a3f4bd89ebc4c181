import type { Environment } from '../../domain/database.ts';
import { TurboError } from '../../domain/errors.ts';
import { assertSamePlace, nextStep, type Observation, type ProvisionStep } from '../../domain/provisioning.ts';
import type { DatabaseRecord } from '../../ports/state-records.ts';
import type { ReconcileNeeds } from './order.ts';
import { openPasswords, targetOf } from './wish.ts';

/** A recorded database as it really is. */
export interface Drift {
  readonly record: DatabaseRecord;
  readonly observed: Observation;
  /** What `reconcileDatabase` would do first; null when reality agrees with the wish, or is not ours to change. */
  readonly step: ProvisionStep | null;
}

/**
 * Looks at a project's database in one environment with the eyes of `reconcileDatabase`, under its lock, and changes
 * nothing. Null when nothing is recorded. Throws `cluster.locked` at once when another process works on the project,
 * `secret.unreadable`, `project.damaged`, `database.foreign` for a record of another cluster, and `cluster.*`.
 */
export async function findDrift(projectId: string, env: Environment, services: ReconcileNeeds): Promise<Drift | null> {
  const { systemIdentifier } = await services.cluster.ensure();
  return services.databases.withProjectLock(
    projectId,
    async (admin) => {
      const record = await services.state.findDatabase(projectId, env);
      if (record === null) return null;
      assertSamePlace(record, projectId, env, systemIdentifier);
      const passwords = record.desired === 'present' ? await openPasswords(record, services) : null;
      const observed = await admin.observe(targetOf(record, services), passwords);
      const step = observed.foreign === null ? nextStep(observed, record.desired) : null;
      return { record, observed, step };
    },
    (holder) => {
      throw new TurboError('cluster.locked', `Another process works on project ${projectId} (${holder}).`, {
        hint: 'Wait for it to finish, then run the same command again.',
        details: { projectId },
      });
    },
  );
}
