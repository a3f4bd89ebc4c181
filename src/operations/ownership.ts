import { TurboError } from '../domain/errors.ts';
import type { Needs } from '../ports/services.ts';
import type { ProjectRecord } from '../ports/state-records.ts';

/** What somebody is about to do with a project: change it or read its secrets, or only look at it. */
export type Intent = 'act' | 'look';

/**
 * Refuses to act on a project that belongs to another user of the metadata database. It keeps people from mistakes; what
 * keeps them from doing harm is the login of that database, and the master key. Throws `project.not_yours`.
 */
export function assertOwner(project: Pick<ProjectRecord, 'id' | 'name' | 'owner'>, { owner }: Needs<'owner'>): void {
  if (project.owner === owner) return;
  throw new TurboError(
    'project.not_yours',
    `${project.name} (${project.id}) belongs to ${project.owner}, and you are ${owner}.`,
    {
      hint: `Ask ${project.owner} for it. If that is you: turbobackend config set owner "${project.owner}"`,
      details: { projectId: project.id, owner: project.owner },
    },
  );
}
