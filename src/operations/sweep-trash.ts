import { isTurboError } from '../domain/errors.ts';
import type { Needs } from '../ports/services.ts';
import type { DatabaseRecord } from '../ports/state-records.ts';
import { type ReconcileNeeds, reconcileDatabase } from './reconcile-database.ts';

/**
 * Databases of the acting owner that may be swept: in the trash for its seven days by the clock of the metadata database.
 * Never one of `prod`, which goes only when somebody types its project's name.
 */
export async function findSweepable({ state, owner }: Needs<'state' | 'owner'>): Promise<readonly DatabaseRecord[]> {
  const expired = (await state.listExpiredTrash()).filter(({ env }) => env !== 'prod');
  if (expired.length === 0) return [];
  const own = new Set((await state.listProjects()).filter((project) => project.owner === owner).map(({ id }) => id));
  return expired.filter(({ projectId }) => own.has(projectId));
}

/**
 * Drops for good, with their roles, what `findSweepable` gave. One that was brought back since stays, also when it has
 * gone to the trash again. Gives the names of the dropped databases; one that cannot be dropped is a warning.
 */
export async function sweepTrash(
  expired: readonly DatabaseRecord[],
  services: ReconcileNeeds,
): Promise<readonly string[]> {
  const dropped: string[] = [];
  for (const record of expired) {
    const name = record.trashName ?? record.databaseName;
    try {
      if (await dropExpired(record, services)) dropped.push(name);
    } catch (error) {
      // The trash is no reason for another command to fail; doctor tells of it.
      if (!isTurboError(error)) throw error;
      services.progress({ kind: 'warning', message: `${name} is still in the trash: ${error.message}` });
    }
  }
  return dropped;
}

/**
 * Drops one database that `StateStore.listExpiredTrash` gave, with its roles; false when somebody has wished otherwise
 * since. Throws what `reconcileDatabase` throws.
 */
export async function dropExpired(expired: DatabaseRecord, services: ReconcileNeeds): Promise<boolean> {
  const { projectId, env, generation } = expired;
  // Once the wish is written down, another try after a lost connection must find it all right.
  const onlyIf = (record: DatabaseRecord) => record.generation === generation || record.desired === 'absent';
  const { met, record } = await reconcileDatabase({ projectId, env, wish: 'absent', onlyIf }, services);
  return met && record === null;
}
