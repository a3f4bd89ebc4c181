import type { Endpoint } from '../domain/endpoint.ts';
import { isEndpointFile } from '../domain/endpoint-path.ts';
import type { Project, ProjectFolder } from '../domain/project.ts';
import type { Behaviour, Version } from '../domain/version.ts';
import type { Needs } from '../ports/services.ts';
import type { FileTree } from '../ports/workspace.ts';

/** Endpoints that somebody wrote, as part of the version whose step had them written. */

const namesOf = ({ endpoints = [] }: Pick<Project, 'endpoints'>) => endpoints.map(({ name }) => name);

/** What a step begins with. */
export function behaviourBefore(project: Project): Behaviour {
  return { known: namesOf(project), added: [], files: {} };
}

/** The endpoints that came since. */
export function addedSince(before: Behaviour | null, { endpoints = [] }: Project): readonly Endpoint[] {
  return before === null ? [] : endpoints.filter(({ name }) => !before.known.includes(name));
}

/** The same project without what the step added, or with it again. */
export function withBehaviour(project: Project, { behaviour }: Version, direction: 'undo' | 'redo'): Project {
  const added = behaviour?.added ?? [];
  const own = new Set(added.map(({ name }) => name));
  const rest = (project.endpoints ?? []).filter(({ name }) => !own.has(name));
  if (direction === 'redo' && added.length > 0) return { ...project, endpoints: [...rest, ...added] };
  const { endpoints: _all, ...without } = project;
  return rest.length === 0 ? without : { ...project, endpoints: rest };
}

/** The files of a project that belong to endpoints alone. */
export async function endpointFilesOf(
  directory: string,
  endpoints: readonly Pick<Endpoint, 'name'>[],
  { workspace }: Needs<'workspace'>,
): Promise<FileTree> {
  if (endpoints.length === 0) return {};
  const trees = await Promise.all(['server/custom', 'test'].map((folder) => workspace.readTree(directory, folder)));
  const files = trees.flatMap((tree) => Object.entries(tree));
  return Object.fromEntries(files.filter(([path]) => endpoints.some(({ name }) => isEndpointFile(path, name))));
}

/**
 * What goes with undoing, as it is now: a person may have changed it since. What a cut run has taken away already was
 * kept by it.
 */
export async function behaviourToKeep(
  { directory, project }: ProjectFolder,
  { behaviour, state }: Version,
  services: Needs<'workspace'>,
): Promise<Behaviour | null> {
  if (behaviour === null) return null;
  const now = new Map((project.endpoints ?? []).map((endpoint) => [endpoint.name, endpoint]));
  const files = await endpointFilesOf(directory, behaviour.added, services);
  return {
    known: behaviour.known,
    added: behaviour.added.map((endpoint) => now.get(endpoint.name) ?? endpoint),
    files: { ...(state === 'undoing' ? behaviour.files : {}), ...files },
  };
}

/** Takes them away, when nothing leads to them any more. Safe to repeat. */
export async function takeOutBehaviour(
  { directory }: ProjectFolder,
  { behaviour }: Version,
  { workspace }: Needs<'workspace'>,
): Promise<readonly string[]> {
  const paths = Object.keys(behaviour?.files ?? {});
  for (const path of paths) await workspace.remove(directory, path);
  return paths;
}

/** Brings them back, before anything leads to them; what somebody has put in their place stays. Safe to repeat. */
export async function putBackBehaviour(
  { directory }: ProjectFolder,
  { behaviour }: Version,
  { workspace }: Needs<'workspace'>,
): Promise<readonly string[]> {
  const written: string[] = [];
  for (const [path, text] of Object.entries(behaviour?.files ?? {})) {
    if (await workspace.createFile(directory, path, text)) written.push(path);
  }
  return written;
}
