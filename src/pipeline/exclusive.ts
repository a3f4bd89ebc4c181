import type { ProjectFolder } from '../domain/project.ts';
import { readManifest } from '../operations/manifest.ts';
import type { Needs } from '../ports/services.ts';
import { assertNoneBegun } from './begun-change.ts';

type ExclusiveNeeds = Needs<'cluster' | 'databases' | 'workspace' | 'progress'>;

/**
 * Changes a project while nobody else does: of commands that write its migrations, its code or what is built from them,
 * one works and the others wait. `work` gets the project as it is then. The lock belongs to a connection, so it dies with
 * the process. Throws `cluster.locked`
 * when it takes too long, and `project.incomplete` while a change that was cut waits to be finished.
 */
export async function exclusively<T>(
  folder: ProjectFolder,
  services: ExclusiveNeeds,
  work: (current: ProjectFolder) => Promise<T>,
): Promise<T> {
  return locked(folder, services, async (current) => {
    await assertNoneBegun(current, services);
    return work(current);
  });
}

/** The same for whoever finishes what was cut. */
export async function locked<T>(
  { directory, project }: ProjectFolder,
  services: ExclusiveNeeds,
  work: (current: ProjectFolder) => Promise<T>,
): Promise<T> {
  await services.cluster.ensure();
  const look = async () => work({ directory, project: (await readManifest(directory, services)) ?? project });
  return services.databases.withProjectLock(`${project.id}_change`, look, () =>
    services.progress({ kind: 'note', message: 'Another command changes this project: waiting for it' }),
  );
}
