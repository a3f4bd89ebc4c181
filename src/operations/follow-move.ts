import type { Project } from '../domain/project.ts';
import type { Needs } from '../ports/services.ts';
import type { ProjectRecord } from '../ports/state-records.ts';
import { readManifest } from './manifest.ts';
import { assertOwner } from './ownership.ts';

/**
 * Follows a project folder that was moved or renamed: its manifest is here, and no longer in the folder on record.
 * Null when the project is unknown, or when its own folder is still where it was: then this one is a copy. Throws
 * `project.not_yours`: on another machine the owner's folder cannot be seen, and is not gone for that.
 */
export async function followMove(
  project: Project,
  directory: string,
  { state, workspace, owner }: Needs<'state' | 'workspace' | 'owner'>,
): Promise<ProjectRecord | null> {
  const record = await state.findProject(project.id);
  if (!record) return null;
  if (record.directory === directory) return record;
  const original = await readManifest(record.directory, { workspace }).catch(() => null);
  if (original?.id === project.id) return null;
  assertOwner(record, { owner });
  await state.moveProject(project.id, directory);
  return { ...record, directory };
}
