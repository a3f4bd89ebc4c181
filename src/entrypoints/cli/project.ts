import { TurboError } from '../../domain/errors.ts';
import type { ProjectFolder } from '../../domain/project.ts';
import type { Intent } from '../../operations/ownership.ts';
import type { Needs } from '../../ports/services.ts';
import type { ProjectRecord } from '../../ports/state-records.ts';

/** The project folder a command was typed in. Throws `project.not_found`. */
export async function folderHere(cwd: string, services: Needs<'workspace'>): Promise<ProjectFolder> {
  const [{ findProjectDirectory }, { readManifest }] = await Promise.all([
    import('../../operations/find-project.ts'),
    import('../../operations/manifest.ts'),
  ]);
  const directory = await findProjectDirectory(cwd, services);
  const project = directory === null ? null : await readManifest(directory, services);
  if (directory !== null && project) return { directory, project };
  throw new TurboError('project.not_found', `${cwd} is not inside a project folder.`, {
    hint: 'Make one: turbobackend design-schema "<request>" in an empty folder, or turbobackend create "<request>"',
  });
}

/** Throws `project.not_found` when the project somebody names is gone and a database of it is left; silent otherwise. */
export async function refuseForsaken(wanted: string, services: Needs<'state'>): Promise<void> {
  const { assertNoneLeft } = await import('../../operations/find-forsaken.ts');
  await assertNoneLeft(wanted, services);
}

/**
 * The registered project that is meant: named by id, name or folder, or the one of the current folder. Somebody else's
 * may only be looked at.
 */
export async function projectNamed(
  wanted: string | undefined,
  cwd: string,
  services: Needs<'state' | 'workspace' | 'owner'>,
  intent: Intent = 'act',
): Promise<ProjectRecord> {
  const { findProject } = await import('../../operations/find-project.ts');
  return findProject(wanted, cwd, services, intent);
}
