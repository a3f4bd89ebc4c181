import { type BegunChange, begunChangeShape, type NewMigration } from '../domain/begun-change.ts';
import { TurboError } from '../domain/errors.ts';
import { MIGRATIONS_FOLDER, SUM_FILE } from '../domain/migration.ts';
import { type ProjectFolder, treeHash } from '../domain/project.ts';
import type { Needs } from '../ports/services.ts';
import type { FileTree } from '../ports/workspace.ts';
import { pathsOf } from './migration-files.ts';

/** Where it is written down. Not in git: it concerns this folder and this machine's databases. */
const CHANGE_FILE = '.turbobackend/change.json';

/** Throws `project.incomplete` while a change that was begun is not at its end. */
export async function assertNoneBegun(
  { directory, project }: ProjectFolder,
  { workspace }: Needs<'workspace'>,
): Promise<void> {
  if ((await workspace.read(directory, CHANGE_FILE)) === null) return;
  throw new TurboError('project.incomplete', `A change of ${project.name} was begun and cut.`, {
    hint: 'Finish it: turbobackend evolve',
  });
}

/** The change that was begun; null when none was. Throws `project.damaged` for a record that cannot be read. */
export async function readBegun(directory: string, { workspace }: Needs<'workspace'>): Promise<BegunChange | null> {
  const text = await workspace.read(directory, CHANGE_FILE);
  if (text === null) return null;
  try {
    return begunChangeShape.parse(JSON.parse(text));
  } catch (cause) {
    throw new TurboError('project.damaged', `${CHANGE_FILE} in ${directory} is damaged.`, {
      hint: 'Remove it, look at what is there (turbobackend migrate status), and go on from there.',
      cause,
    });
  }
}

/** Writes down what is going to be done, before any of it is. */
export async function beginChange(
  { directory }: Pick<ProjectFolder, 'directory'>,
  change: BegunChange,
  { workspace }: Needs<'workspace'>,
): Promise<void> {
  await workspace.removeLeftovers(directory, [CHANGE_FILE]);
  await workspace.write(directory, CHANGE_FILE, `${JSON.stringify(change, null, 2)}\n`);
}

/** It is at its end, whichever. */
export async function endChange(directory: string, { workspace }: Needs<'workspace'>): Promise<void> {
  await workspace.remove(directory, CHANGE_FILE);
}

/** What marks a migrations folder, without some files that are being added. The sum follows the files, and is left out. */
export function markOf(files: FileTree, added: readonly NewMigration[]): string {
  const own = new Set(added.flatMap((migration) => Object.values(pathsOf(migration))));
  const others = Object.entries(files).filter(
    ([path]) => path !== SUM_FILE && !own.has(`${MIGRATIONS_FOLDER}/${path}`),
  );
  return treeHash(Object.fromEntries(others));
}
