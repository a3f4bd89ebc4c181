import { TurboError } from '../domain/errors.ts';
import type { Needs } from '../ports/services.ts';
import type { DatabaseRecord } from '../ports/state-records.ts';

/**
 * The name by which `deprovision --orphan` takes a recorded database that has no project any more: the one it has now,
 * or had.
 */
export function orphanName({ databaseName, trashName }: DatabaseRecord): string {
  return trashName ?? databaseName;
}

/**
 * Throws `project.not_found`, with the command that drops the first of them, when the project somebody means (by id, or
 * by the name it had) is gone and databases of it are left. Silent otherwise, also about a project nobody has heard of.
 */
export async function assertNoneLeft(idOrName: string, { state }: Needs<'state'>): Promise<void> {
  const left = (await state.listForsaken(idOrName)).map(orphanName);
  const [first] = left;
  if (first === undefined) return;
  const what =
    left.length === 1 ? `a database of it is left: ${first}` : `databases of it are left: ${left.join(', ')}`;
  throw new TurboError('project.not_found', `There is no project ${JSON.stringify(idOrName)} any more, but ${what}.`, {
    hint: `Only if nobody needs its rows: turbobackend deprovision --orphan ${first}`,
    details: { databases: left },
  });
}
