import type { ProjectFolder } from '../domain/project.ts';
import { hasMarkers } from '../phases/scaffold.ts';
import type { Needs } from '../ports/services.ts';

/** Paths of generated files in which somebody still has to decide between the markers of a merge; sorted. */
export async function findUndecided(
  { directory, project }: ProjectFolder,
  { workspace }: Needs<'workspace'>,
): Promise<readonly string[]> {
  const paths = Object.keys(project.files).sort();
  const texts = await Promise.all(paths.map((path) => workspace.read(directory, path)));
  return paths.filter((_path, index) => hasMarkers(texts[index] ?? ''));
}
