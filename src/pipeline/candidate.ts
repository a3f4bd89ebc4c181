import type { NewMigration } from '../domain/begun-change.ts';
import { GENERATED_FOLDER, type ProjectFolder } from '../domain/project.ts';
import type { Schema } from '../domain/schema.ts';
import { projectFiles } from '../operations/fingerprint.ts';
import { readManifest } from '../operations/manifest.ts';
import { scaffold } from '../phases/scaffold.ts';
import type { Needs } from '../ports/services.ts';
import { buildProject } from './build-project.ts';
import { writeMigrations } from './migration-files.ts';

/** Where copies of a project lie, beside what was generated last; not in git. */
const PLACE = '.turbobackend';
const PREFIX = 'trial-';

type CandidateNeeds = Needs<'workspace' | 'templates' | 'programs' | 'builder' | 'progress'>;

/** A copy of a project, as a change would leave it. */
export interface Candidate {
  readonly folder: ProjectFolder;
  /** Files in which a person and we changed the same lines: it cannot be built before somebody has decided. */
  readonly conflicts: readonly string[];
}

/**
 * Copies a project below its own folder, changes the copy as the project would be changed, and builds it; a build that
 * fails is left to whoever verifies it. `id` is that of a scratch database, which says for how long the copy is in use.
 */
export async function makeCandidate(
  { directory, project }: ProjectFolder,
  change: { readonly id: string; readonly after: Schema | null; readonly migrations: readonly NewMigration[] },
  services: CandidateNeeds,
): Promise<Candidate> {
  const quiet = { ...services, progress: () => {} };
  const place = placeOf(directory, change.id);
  const [files, bases, manifest] = await Promise.all([
    projectFiles(directory, services),
    services.workspace.readTree(directory, GENERATED_FOLDER),
    readManifest(directory, services),
  ]);
  await services.workspace.createFolder(place, { ...files, ...bases });
  await writeMigrations({ directory: place }, change.migrations, services);
  const own = manifest ?? project;
  const changed = { ...own, schema: change.after ?? own.schema };
  const written = change.after
    ? await scaffold({ directory: place, project: changed, into: 'existing-folder' }, quiet)
    : { project: changed, conflicts: [] };
  const candidate = { folder: { directory: place, project: written.project }, conflicts: written.conflicts };
  if (candidate.conflicts.length === 0) {
    await buildProject(candidate.folder, services, { packagesOf: directory }).catch(() => {});
  }
  return candidate;
}

/** Takes a copy away. */
export async function removeCandidate(
  { directory }: ProjectFolder,
  id: string,
  { workspace }: Needs<'workspace'>,
): Promise<void> {
  await workspace.removeFolder(placeOf(directory, id));
}

/** Takes away the copies that killed processes left: those whose scratch database is gone. */
export async function sweepCandidates(
  { directory, project }: ProjectFolder,
  { workspace, state }: Needs<'workspace' | 'state'>,
): Promise<void> {
  const names = ((await workspace.list(`${directory}/${PLACE}`)) ?? []).filter((name) => name.startsWith(PREFIX));
  if (names.length === 0) return;
  const used = new Set((await state.listScratches(project.id)).map(({ id }) => `${PREFIX}${id}`));
  for (const name of names) if (!used.has(name)) await workspace.removeFolder(`${directory}/${PLACE}/${name}`);
}

const placeOf = (directory: string, id: string): string => `${directory}/${PLACE}/${PREFIX}${id}`;
