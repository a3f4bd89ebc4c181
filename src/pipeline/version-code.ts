import { MIGRATIONS_FOLDER } from '../domain/migration.ts';
import type { ProjectFolder } from '../domain/project.ts';
import type { Version } from '../domain/version.ts';
import { checkScaffold } from '../phases/scaffold.ts';
import type { FileTree } from '../ports/workspace.ts';
import { keepSum } from './migration-files.ts';
import { scaffoldStage } from './stages.ts';
import { freshFolder } from './undo-checks.ts';
import { withBehaviour } from './version-behaviour.ts';
import type { VersionNeeds } from './version-place.ts';

/** What becomes of the code of a project when a version is taken back, or applied again. */
export interface CodeChange {
  readonly written: readonly string[];
  readonly merged: readonly string[];
  readonly removed: readonly string[];
  readonly kept: readonly string[];
  readonly conflicts: readonly string[];
}

const NOTHING: CodeChange = { written: [], merged: [], removed: [], kept: [], conflicts: [] };

/** Which version, and whether it is taken back (`undo`) or applied again (`redo`). */
export interface CodeStep {
  readonly version: Version;
  readonly direction: 'undo' | 'redo';
}

/** The project as it is to be generated, and whether it is that already. */
async function wanted(folder: ProjectFolder, { version, direction }: CodeStep, services: VersionNeeds) {
  const there = await freshFolder(folder, services);
  const schema = direction === 'undo' ? version.schemaBefore : version.schemaAfter;
  const project = { ...withBehaviour(there.project, version, direction), schema };
  const said = ({ schema: tables, endpoints = [] }: ProjectFolder['project']) => JSON.stringify([tables, endpoints]);
  return { there: { ...there, project }, isSame: said(project) === said(there.project) };
}

/** What would become of the code; changes nothing. */
export async function previewCode(folder: ProjectFolder, step: CodeStep, services: VersionNeeds): Promise<CodeChange> {
  const { there, isSame } = await wanted(folder, step, services);
  const change = await checkScaffold(there, services);
  // Then there is nothing to generate, but markers of an earlier call may still be there.
  return isSame ? { ...NOTHING, conflicts: change.conflicts } : change;
}

/** Generates the code again: a person's changes are merged, and what cannot be gets the usual markers. */
export async function changeCode(folder: ProjectFolder, step: CodeStep, services: VersionNeeds): Promise<CodeChange> {
  const { there, isSame } = await wanted(folder, step, services);
  return isSame ? NOTHING : scaffoldStage(there, services);
}

/** Takes migrations out of the folder, and out of the sum: ways back first, as none may be there alone. Safe to repeat. */
export async function takeOutMigrations(
  { directory }: ProjectFolder,
  files: FileTree,
  services: VersionNeeds,
): Promise<void> {
  for (const name of forthFirst(files).reverse()) {
    await services.workspace.remove(directory, `${MIGRATIONS_FOLDER}/${name}`);
  }
  await keepSum(directory, services);
}

/** Brings them back. Safe to repeat. */
export async function putBackMigrations(
  { directory }: ProjectFolder,
  files: FileTree,
  services: VersionNeeds,
): Promise<void> {
  for (const name of forthFirst(files)) {
    await services.workspace.write(directory, `${MIGRATIONS_FOLDER}/${name}`, files[name] ?? '');
  }
  await keepSum(directory, services);
}

const forthFirst = (files: FileTree): string[] =>
  Object.keys(files).sort((one, other) => Number(one.includes('/')) - Number(other.includes('/')));
