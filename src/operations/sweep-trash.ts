import { TRASH_SECONDS } from '../domain/database.ts';
import { isTurboError } from '../domain/errors.ts';
import type { Needs } from '../ports/services.ts';
import type { DatabaseRecord } from '../ports/state-store.ts';
import { type ReconcileNeeds, reconcileDatabase } from './reconcile-database.ts';

/** It has been in the trash for its seven days at `now` (unix seconds), and nobody has wished it back. */
export function isExpired({ desired, status, trashedAt }: DatabaseRecord, now: number): boolean {
  return desired === 'trashed' && status === 'trashed' && trashedAt !== null && now >= trashedAt + TRASH_SECONDS;
}

/**
 * Drops for good what has been in the trash for seven days, with its roles; of the acting owner only. One that is
 * brought back meanwhile stays. Gives the names of the dropped databases; one that cannot be dropped is a warning.
 */
export async function sweepTrash(services: ReconcileNeeds & Needs<'owner'>): Promise<readonly string[]> {
  const { state, clock, owner } = services;
  const expired = (await state.listDatabases()).filter((record) => isExpired(record, clock.now()));
  if (expired.length === 0) return [];
  const own = new Set((await state.listProjects()).filter((project) => project.owner === owner).map(({ id }) => id));
  const dropped: string[] = [];
  for (const { projectId, env, databaseName, trashName } of expired.filter((record) => own.has(record.projectId))) {
    try {
      if (await dropExpired(projectId, env, services)) dropped.push(trashName ?? databaseName);
    } catch (error) {
      // The trash is no reason for another command to fail; doctor tells of it.
      if (!isTurboError(error)) throw error;
      services.progress({ kind: 'warning', message: `${trashName} is still in the trash: ${error.message}` });
    }
  }
  return dropped;
}

/** Drops one database whose days in the trash are over; false when that is not so any more. Throws what `reconcileDatabase` throws. */
export async function dropExpired(
  projectId: string,
  env: DatabaseRecord['env'],
  services: ReconcileNeeds,
): Promise<boolean> {
  // Once the wish is written down, another try after a lost connection must find it all right.
  const onlyIf = (record: DatabaseRecord) => record.desired === 'absent' || isExpired(record, services.clock.now());
  return (await reconcileDatabase({ projectId, env, wish: 'absent', onlyIf }, services)).steps.length > 0;
}
