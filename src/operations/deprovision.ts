import { type Environment, TRASH_SECONDS } from '../domain/database.ts';
import { type ReconcileNeeds, reconcileDatabase } from './reconcile-database.ts';

export interface DeprovisionOrder {
  readonly projectId: string;
  readonly env: Environment;
  /** For good, and now; otherwise it waits in the trash. */
  readonly purge: boolean;
  /** Told of every point at which the work may be cut off; for tests. */
  readonly onStep?: (point: string) => void;
}

export interface Deprovisioned {
  /** False when there was nothing to take away, or it was in the trash already. */
  readonly changed: boolean;
  /** Name in the trash; null when nothing is left. */
  readonly trash: string | null;
  /** Unix seconds until which `provision` brings it back; null when it is gone. */
  readonly restorableUntil: number | null;
}

/**
 * Takes a project's database away: closed to everybody and renamed, with every row, so that `provision` brings it back
 * within seven days; or for good, with its roles. What nobody remembers making is never touched. Throws what
 * `reconcileDatabase` throws.
 */
export async function deprovision(order: DeprovisionOrder, services: ReconcileNeeds): Promise<Deprovisioned> {
  const { purge, ...rest } = order;
  const { record, steps } = await reconcileDatabase({ ...rest, wish: purge ? 'absent' : 'trashed' }, services);
  return {
    changed: steps.length > 0,
    trash: record?.trashName ?? null,
    restorableUntil: record?.trashedAt == null ? null : record.trashedAt + TRASH_SECONDS,
  };
}
