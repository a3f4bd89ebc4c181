import type { Environment } from '../domain/database.ts';
import type { Needs } from '../ports/services.ts';
import type { DatabaseRecord, ProjectRecord } from '../ports/state-store.ts';
import { type Deprovisioned, deprovision } from './deprovision.ts';
import type { ReconcileNeeds } from './reconcile-database.ts';

export interface Withdrawn extends Deprovisioned {
  /** The project's server used this database, ran, and was stopped first. */
  readonly serverWasRunning: boolean;
}

/** True when a database is already where it is wished to be: in the trash (or gone), or, with `purge`, gone. */
export function isWithdrawn(record: DatabaseRecord | null, purge: boolean): boolean {
  if (record === null) return true;
  return !purge && record.desired === 'trashed' && record.status === 'trashed';
}

/**
 * Takes a database away from a living project: the server that uses it is stopped first, so that nobody is cut off in
 * the middle of a request; local servers use `dev`. Throws what `deprovision` throws.
 */
export async function withdrawDatabase(
  project: Pick<ProjectRecord, 'id'>,
  { env, purge }: { readonly env: Environment; readonly purge: boolean },
  services: ReconcileNeeds & Needs<'target'>,
): Promise<Withdrawn> {
  const serverWasRunning = env === 'dev' && (await services.target.stop(project.id));
  const result = await deprovision({ projectId: project.id, env, purge }, services);
  if (result.changed) {
    const action = result.trash === null ? 'deprovisioned' : 'trashed';
    await services.state.recordActivity({ projectId: project.id, action, details: { env, trash: result.trash } });
  }
  return { ...result, serverWasRunning };
}
