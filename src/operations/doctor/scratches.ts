import type { ProjectRecord } from '../../ports/state-records.ts';
import { findLeftScratches, removeScratch } from '../scratch-database.ts';
import { type Checked, type DoctorNeeds, fault } from './checked.ts';
import { inFolder } from './commands.ts';

/**
 * Databases that killed verifications and rehearsals left, of one's own projects and of those that are gone. Those of
 * rehearsals have copies of real rows, and no record says which is which.
 */
export async function checkScratches(
  projects: readonly ProjectRecord[],
  services: DoctorNeeds,
): Promise<readonly Checked[]> {
  const others = new Set(projects.filter(({ owner }) => owner !== services.owner).map(({ id }) => id));
  const left = (await findLeftScratches(undefined, services)).filter(({ projectId }) => !others.has(projectId));
  return left.map((scratch) => {
    const project = projects.find(({ id }) => id === scratch.projectId);
    const of = project ? project.name : `project ${scratch.projectId}, which is gone`;
    const fix = project ? inFolder(project, 'turbobackend verify') : 'turbobackend doctor --fix';
    return fault(
      'scratch',
      `a verification or rehearsal of ${of} was killed and left its database ${scratch.id}, maybe with copies of rows`,
      fix,
      async () => {
        const isGone = await removeScratch(scratch, services);
        return isGone ? `Dropped scratch database ${scratch.id}.` : 'Left as it is: somebody uses it by now.';
      },
    );
  });
}
