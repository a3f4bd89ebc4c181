import { APP_SCHEMA, databaseNames, JOURNAL_SCHEMA, limitsOf } from '../domain/database.ts';
import { isTurboError } from '../domain/errors.ts';
import { type StorageLevel, storageLevel, type Writes } from '../domain/storage.ts';
import type { Needs } from '../ports/services.ts';
import { SqlError } from '../ports/sql.ts';
import type { DatabaseRecord } from '../ports/state-records.ts';
import { openLogin } from './open-login.ts';
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
 * Whether the backend may add and change rows right now, asked of the database itself as its reading login; null when
 * that cannot be asked.
 */
export async function readWrites(
  { projectId, env }: Pick<DatabaseRecord, 'projectId' | 'env'>,
  services: Needs<'cluster' | 'state' | 'vault' | 'sql'>,
): Promise<Writes> {
  try {
    const session = await services.sql.connect(await openLogin(projectId, env, 'ro', services));
    try {
      const { rows } = await session.query(WRITES, [JOURNAL_SCHEMA, APP_SCHEMA, databaseNames(projectId, env).app]);
      return rows[0]?.refused === true ? 'refused' : 'allowed';
    } finally {
      await session.close();
    }
  } catch (error) {
    if (isTurboError(error) || error instanceof SqlError) return null;
    throw error;
  }
}

/** Writes are taken away where it is remembered what to give back; a table of tomorrow is open until the next look. */
const WRITES = `
  SELECT EXISTS (SELECT FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
      WHERE n.nspname = $1 AND c.relname = 'refused_writes')
    AND NOT EXISTS (SELECT FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
      WHERE n.nspname = $2 AND c.relkind IN ('r', 'p')
        AND (pg_catalog.has_table_privilege($3, c.oid, 'INSERT')
          OR pg_catalog.has_table_privilege($3, c.oid, 'UPDATE'))) AS refused`;

/**
 * Where a bound of storage holds: refuses writes beyond it, allows them again below it, and warns from 80 % on. For
 * commands that use a database without reconciling it. One without a bound is looked at only for what is still refused. Throws what `reconcileDatabase` throws.
 */
export async function enforceStorage(
  record: DatabaseRecord | null,
  services: ReconcileNeeds & Needs<'sql'>,
): Promise<void> {
  if (record?.desired !== 'present' || record.status !== 'ready') return;
  const isBound = limitsOf(record.limits, services.limits).storageMb !== null;
  if (!isBound && (await readWrites(record, services)) === 'allowed') return;
  const { projectId, env } = record;
  // One that is taken away meanwhile has no bound any more, and must not come back for it.
  const onlyIf = ({ desired }: DatabaseRecord) => desired === 'present';
  await reconcileDatabase({ projectId, env, wish: 'present', onlyIf }, services);
}
