import type { ProjectRecord } from '../../ports/state-records.ts';
import { listVersions } from '../versions.ts';
import { type Checked, type DoctorNeeds, fault, sound } from './checked.ts';
import { inFolder } from './commands.ts';

/** Steps that were cut, and rows that were put aside for projects which are gone by now. */
export async function checkVersions(
  projects: readonly ProjectRecord[],
  services: DoctorNeeds,
): Promise<readonly Checked[]> {
  const own = projects.filter(({ owner }) => owner === services.owner);
  const cut = await Promise.all(own.map((project) => findCut(project, services)));
  return [...cut.flat(), ...(await findForsaken(services))];
}

async function findCut(project: ProjectRecord, services: DoctorNeeds): Promise<readonly Checked[]> {
  const found = (await listVersions(project.id, services)).find(
    ({ state }) => state === 'undoing' || state === 'redoing',
  );
  if (!found) return [];
  const verb = found.state === 'undoing' ? 'undo' : 'redo';
  const detail = `the ${verb} of version ${found.number} of ${project.name} is not finished`;
  return [fault('versions', detail, inFolder(project, `turbobackend ${verb}`))];
}

/** Of no project in this metadata database; another one may have its own in the same data folder. */
async function findForsaken({ archive, state }: DoctorNeeds): Promise<readonly Checked[]> {
  const known = new Set((await state.listProjects()).map(({ id }) => id));
  const forsaken = new Map<string, number>();
  for (const { projectId, bytes } of await archive.list()) {
    if (!known.has(projectId)) forsaken.set(projectId, (forsaken.get(projectId) ?? 0) + bytes);
  }
  return Promise.all(
    [...forsaken].map(async ([id, bytes]) => {
      const detail = `rows of project ${id}, which is gone, are kept for undo (${Math.ceil(bytes / 1000)} kB)`;
      // One that was destroyed here wants nothing back; of any other nobody knows.
      if (!(await state.wasDestroyed(id))) return sound('versions', `${detail}, or it is another metadata database's`);
      return fault('versions', detail, 'turbobackend doctor --fix', async () => {
        await archive.remove(id);
        return `Removed the rows kept for project ${id}.`;
      });
    }),
  );
}
