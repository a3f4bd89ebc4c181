import { limitsOf } from '../domain/database.ts';
import { type StorageLevel, storageLevel } from '../domain/storage.ts';
import type { Needs } from '../ports/services.ts';
import type { DatabaseRecord } from '../ports/state-store.ts';
import { type ReconcileNeeds, reconcileDatabase } from './reconcile-database.ts';

/** What a database takes up on disk, and how much it may. */
export interface StorageUse {
  /** Null when there is no database, or when the administrator may not measure it. */
  readonly bytes: number | null;
  readonly limitMb: number | null;
  readonly level: StorageLevel;
}

/** Measures recorded databases, those in the trash as well, in one look at the server; in the order of the records. */
export async function storageUses(
  records: readonly DatabaseRecord[],
  { databases, limits }: Needs<'databases' | 'limits'>,
): Promise<readonly StorageUse[]> {
  if (records.length === 0) return [];
  const placeOf = ({ databaseName, trashName, status }: DatabaseRecord) =>
    status === 'trashed' && trashName !== null ? trashName : databaseName;
  const sizes = await databases.sizes(records.map(placeOf));
  return records.map((record) => {
    const bytes = sizes.get(placeOf(record)) ?? null;
    const { storageMb: limitMb } = limitsOf(record.limits, limits);
    return { bytes, limitMb, level: storageLevel(bytes ?? 0, limitMb) };
  });
}

/**
 * Where a bound of storage holds: refuses writes beyond it, allows them again below it, and warns from 80 % on. For
 * commands that use a database without reconciling it. Throws what `reconcileDatabase` throws.
 */
export async function enforceStorage(record: DatabaseRecord | null, services: ReconcileNeeds): Promise<void> {
  if (record?.desired !== 'present' || record.status !== 'ready') return;
  if (limitsOf(record.limits, services.limits).storageMb === null) return;
  const { projectId, env } = record;
  // One that is taken away meanwhile has no bound any more, and must not come back for it.
  const onlyIf = ({ desired }: DatabaseRecord) => desired === 'present';
  await reconcileDatabase({ projectId, env, wish: 'present', onlyIf }, services);
}
