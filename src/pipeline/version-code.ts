import { MIGRATIONS_FOLDER } from '../domain/migration.ts';
import type { ProjectFolder } from '../domain/project.ts';
import type { Schema } from '../domain/schema.ts';
import { checkScaffold } from '../phases/scaffold.ts';
import type { FileTree } from '../ports/workspace.ts';
import { keepSum } from './migration-files.ts';
import { scaffoldStage } from './stages.ts';
import { freshFolder } from './undo-checks.ts';
import type { VersionNeeds } from './version-place.ts';

/** What becomes of the code of a project when it gets another schema. */
export interface CodeChange {
  readonly written: readonly string[];
  readonly merged: readonly string[];
  readonly removed: readonly string[];
  readonly kept: readonly string[];
  readonly conflicts: readonly string[];
}

const NOTHING: CodeChange = { written: [], merged: [], removed: [], kept: [], conflicts: [] };

/** What would become of the code; changes nothing. */
export async function previewCode(
  folder: ProjectFolder,
  schema: Schema | null,
  services: VersionNeeds,
): Promise<CodeChange> {
  const there = await freshFolder(folder, services);
  const change = await checkScaffold({ ...there, project: { ...there.project, schema } }, services);
  const isSame = JSON.stringify(there.project.schema) === JSON.stringify(schema);
  // Then there is nothing to generate, but markers of an earlier call may still be there.
  return isSame ? { ...NOTHING, conflicts: change.conflicts } : change;
}

/** Generates the code for a schema again: a person's changes are merged, and what cannot be gets the usual markers. */
export async function changeCode(
  folder: ProjectFolder,
  schema: Schema | null,
  services: VersionNeeds,
): Promise<CodeChange> {
  const there = await freshFolder(folder, services);
  if (JSON.stringify(there.project.schema) === JSON.stringify(schema)) return NOTHING;
  return scaffoldStage({ ...there, project: { ...there.project, schema } }, services);
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
