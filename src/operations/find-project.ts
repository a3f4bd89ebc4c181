import { dirname, resolve } from 'node:path';
import { TurboError } from '../domain/errors.ts';
import type { Needs } from '../ports/services.ts';
import type { ProjectRecord } from '../ports/state-records.ts';
import { followMove } from './follow-move.ts';
import { readManifest } from './manifest.ts';
import { assertOwner, type Intent } from './ownership.ts';

/** The folder at or above `cwd` that holds a project; null when there is none. */
export async function findProjectDirectory(cwd: string, services: Needs<'workspace'>): Promise<string | null> {
  for (let directory = cwd; ; directory = dirname(directory)) {
    if ((await readManifest(directory, services)) !== null) return directory;
    if (dirname(directory) === directory) return null;
  }
}

/**
 * The project somebody means: by id, by name, by folder, or (without `wanted`) the one of the current folder. A name
 * means one's own project before somebody else's. Throws `project.not_found`, also when a name fits several, and
 * `project.not_yours` unless it is only looked at.
 */
export async function findProject(
  wanted: string | undefined,
  cwd: string,
  services: Needs<'state' | 'workspace' | 'owner'>,
  intent: Intent = 'act',
): Promise<ProjectRecord> {
  const found = wanted === undefined ? await projectHere(cwd, services) : await projectCalled(wanted, cwd, services);
  if (intent === 'act') assertOwner(found, services);
  return found;
}

async function projectCalled(wanted: string, cwd: string, services: Needs<'state' | 'owner'>): Promise<ProjectRecord> {
  // The folder one is in would fit an empty name, which is what a script types whose variable is not set.
  if (wanted.trim() === '') {
    throw new TurboError('project.not_found', 'The name of the project is empty.', {
      hint: 'Leave it out for the project of this folder, or: turbobackend list',
    });
  }
  const projects = await services.state.listProjects();
  const exact = projects.find((project) => project.id === wanted || project.directory === resolve(cwd, wanted));
  if (exact) return exact;
  const everybodys = projects.filter((project) => project.name === wanted);
  const own = everybodys.filter((project) => project.owner === services.owner);
  const named = own.length > 0 ? own : everybodys;
  if (named.length === 1 && named[0]) return named[0];
  if (named.length > 1) {
    const ids = named.map((project) => `${project.id} (${project.directory})`).join(', ');
    throw new TurboError(
      'project.not_found',
      `${named.length} projects are called ${JSON.stringify(wanted)}: ${ids}.`,
      {
        hint: 'Name one by its id.',
      },
    );
  }
  throw new TurboError('project.not_found', `There is no project ${JSON.stringify(wanted)}.`, {
    hint: 'turbobackend list',
  });
}

async function projectHere(cwd: string, services: Needs<'state' | 'workspace' | 'owner'>): Promise<ProjectRecord> {
  const directory = await findProjectDirectory(cwd, services);
  if (directory === null) {
    throw new TurboError('project.not_found', `${cwd} is not inside a project folder.`, {
      hint: 'Name the project, or: turbobackend list',
    });
  }
  const record = await services.state.findProjectByDirectory(directory);
  const manifest = await readManifest(directory, services);
  if (record && record.id === manifest?.id) return record;
  const moved = manifest && !record ? await followMove(manifest, directory, services) : null;
  if (moved) return moved;
  const original = manifest ? await services.state.findProject(manifest.id) : null;
  if (record || original) {
    throw new TurboError(
      'project.foreign',
      `turbobackend.json in ${directory} names project ${manifest?.id}, which ${original ? `lies in ${original.directory}` : 'is not the one registered for this folder'}.`,
      { hint: 'Bring back the original turbobackend.json, or work in the original folder.' },
    );
  }
  throw new TurboError('project.incomplete', `The project in ${directory} has not been provisioned yet.`, {
    hint: 'turbobackend provision',
  });
}
