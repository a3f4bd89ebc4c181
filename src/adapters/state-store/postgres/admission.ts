import { sql, type Transaction } from 'kysely';
import { TurboError } from '../../../domain/errors.ts';
import type { DatabaseWish } from '../../../ports/state-records.ts';
import type { Tables } from './tables.ts';

/**
 * Refuses a database for a project that is being taken away or is gone (`project.not_found`), and one too many of an
 * owner (`limit.reached`). The project's row is held until the wish is written: whoever destroys the project finds the
 * wish, or the wish finds that it is too late. Counted under a lock of the owner's, so that of two at once only one can
 * be the last one allowed.
 */
export async function admit({ projectId, maxOfOwner }: DatabaseWish, transaction: Transaction<Tables>): Promise<void> {
  const project = await transaction
    .selectFrom('projects')
    .select(['owner_id', 'status'])
    .where('id', '=', projectId)
    .forShare()
    .executeTakeFirst();
  if (project === undefined) return refuseDestroyed(projectId, transaction);
  if (project.status === 'destroying')
    throw gone(projectId, 'is being taken away', `turbobackend destroy ${projectId}`);
  if (maxOfOwner !== undefined) await refuseTooMany(project.owner_id, maxOfOwner, transaction);
}

async function refuseDestroyed(projectId: string, transaction: Transaction<Tables>): Promise<void> {
  const destroyed = await transaction
    .selectFrom('activity_logs')
    .select('id')
    .where('project_id', '=', projectId)
    .where('action', '=', 'destroyed')
    .executeTakeFirst();
  if (destroyed) throw gone(projectId, 'was destroyed', 'turbobackend list');
}

function gone(projectId: string, fate: string, hint: string): TurboError {
  return new TurboError('project.not_found', `Project ${projectId} ${fate}.`, { hint, details: { projectId } });
}

async function refuseTooMany(ownerId: string, allowed: number, transaction: Transaction<Tables>): Promise<void> {
  await sql`SELECT pg_advisory_xact_lock(hashtextextended(${`turbobackend:owner:${ownerId}`}, 0))`.execute(transaction);
  const { count } = await transaction
    .selectFrom('project_databases')
    .innerJoin('projects', 'projects.id', 'project_databases.project_id')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('projects.owner_id', '=', ownerId)
    .executeTakeFirstOrThrow();
  if (count < allowed) return;
  throw new TurboError('limit.reached', `You have ${count} databases, and ${allowed} are allowed.`, {
    hint: 'Take one away: turbobackend deprovision <project> --purge, or: turbobackend config set limits.databases <count>',
    details: { limit: 'databases', allowed },
  });
}
