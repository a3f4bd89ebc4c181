import { databaseNames, type OwnDatabase } from '../domain/database.ts';
import { TurboError } from '../domain/errors.ts';
import { describeRefusal, type ProvisionStep } from '../domain/provisioning.ts';
import type { LockedAdmin } from '../ports/database-admin.ts';
import type { Needs } from '../ports/services.ts';
import { SqlError } from '../ports/sql.ts';

type OrphanNeeds = Needs<'cluster' | 'databases' | 'state' | 'limits' | 'progress'>;

/**
 * Drops a database of our name pattern that carries our tag and that no record knows, and its roles when nothing else
 * uses them. Gives what was done; nothing when it is not there. Throws `project.exists` when a record knows it,
 * `database.foreign` when it or a role of that name is not ours, `database.failed`, `cluster.*`.
 */
export async function dropOrphan(orphan: OwnDatabase, services: OrphanNeeds): Promise<readonly ProvisionStep[]> {
  await services.cluster.ensure();
  try {
    return await services.databases.withProjectLock(
      orphan.projectId,
      (admin) => dropLocked(orphan, admin, services),
      (holder) => services.progress({ kind: 'note', message: `Waiting for another process (${holder})` }),
    );
  } catch (error) {
    if (error instanceof SqlError) throw describeRefusal(error, orphan.name);
    throw error;
  }
}

async function dropLocked(
  { name, projectId, env, inTrash }: OwnDatabase,
  admin: LockedAdmin,
  { databases, state, limits }: OrphanNeeds,
): Promise<readonly ProvisionStep[]> {
  const record = await state.findDatabase(projectId, env);
  if (record?.databaseName === name || record?.trashName === name) {
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
