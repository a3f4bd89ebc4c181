import { databaseNames, type OwnDatabase } from '../domain/database.ts';
import { TurboError } from '../domain/errors.ts';
import { describeRefusal, type ProvisionStep } from '../domain/provisioning.ts';
import type { LockedAdmin } from '../ports/database-admin.ts';
import { SqlError } from '../ports/sql.ts';
import type { DatabaseRecord } from '../ports/state-records.ts';
import { type ReconcileNeeds, reconcileDatabase } from './reconcile-database.ts';

export interface DroppedOrphan {
  /** False when there was nothing: neither a database nor roles nor a record. */
  readonly changed: boolean;
  readonly steps: readonly ProvisionStep[];
}

/**
 * Drops a database of our name pattern that carries our tag and that no project has: one that no record knows, with its
 * roles when nothing else uses them, or one whose record has outlived its project, with roles and record. Throws
 * `project.exists` when a project has it, `database.foreign` when it or a role of that name is not ours,
 * `database.failed`, `cluster.*`.
 */
export async function dropOrphan(orphan: OwnDatabase, services: ReconcileNeeds): Promise<DroppedOrphan> {
  const forsaken = (await services.state.listForsaken(orphan.projectId)).find((record) => isOf(orphan, record));
  if (forsaken) return dropForsaken(forsaken, services);
  await services.cluster.ensure();
  try {
    const steps = await services.databases.withProjectLock(
      orphan.projectId,
      (admin) => dropLocked(orphan, admin, services),
      (holder) => services.progress({ kind: 'note', message: `Waiting for another process (${holder})` }),
    );
    return { changed: steps.length > 0, steps };
  } catch (error) {
    if (error instanceof SqlError) throw describeRefusal(error, orphan.name);
    throw error;
  }
}

function isOf({ name }: OwnDatabase, { databaseName, trashName }: DatabaseRecord): boolean {
  return name === databaseName || name === trashName;
}

/** The record goes last, so that a crash in between leaves something to repeat this with. */
async function dropForsaken(
  { projectId, env, generation }: DatabaseRecord,
  services: ReconcileNeeds,
): Promise<DroppedOrphan> {
  // Somebody who provisions an old folder meanwhile has a project again. Our own wish, tried again, is fine.
  const onlyIf = (record: DatabaseRecord) => record.generation === generation || record.desired === 'absent';
  const { met, steps } = await reconcileDatabase({ projectId, env, wish: 'absent', onlyIf }, services);
  return { changed: met, steps };
}

async function dropLocked(
  orphan: OwnDatabase,
  admin: LockedAdmin,
  { databases, state, limits }: ReconcileNeeds,
): Promise<readonly ProvisionStep[]> {
  const { name, projectId, env, inTrash } = orphan;
  const record = await state.findDatabase(projectId, env);
  if (record && isOf(orphan, record)) {
    throw new TurboError('project.exists', `${name} is no orphan: it belongs to project ${projectId}.`, {
      hint: `turbobackend deprovision ${projectId}${env === 'dev' ? '' : ` --env ${env}`}`,
    });
  }
  const target = { names: databaseNames(projectId, env), limits, trash: inTrash ? name : null };
  const found = await admin.observe(target, null);
  if (found.foreign !== null) {
    throw new TurboError('database.foreign', `${name} is not turbobackend's to drop: ${found.foreign} is not ours.`, {
      hint: 'If nobody needs it, its owner or an administrator can drop it.',
      details: { object: found.foreign },
    });
  }
  const steps: ProvisionStep[] = [];
  const take = async (step: ProvisionStep) => {
    await admin.apply(step, target, null, () => {});
    steps.push(step);
  };
  const here = inTrash ? found.trash : found.database;
  if (here !== 'absent') await take(inTrash ? 'drop-trash' : 'drop-database');
  // A database with a record, or another one in the trash, has the same roles.
  const others = (await databases.listDatabases()).filter((other) => other !== name && isSibling(other, target.names));
  if (record === null && others.length === 0 && found.roles !== 'absent') await take('drop-roles');
  return steps;
}

function isSibling(name: string, { database }: { readonly database: string }): boolean {
  return name === database || name.replace(/_\d+$/, '') === database.replace('_proj_', '_trash_');
}
