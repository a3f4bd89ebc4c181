import type { BegunChange } from '../domain/begun-change.ts';
import type { Environment } from '../domain/database.ts';
import { isTurboError } from '../domain/errors.ts';
import { MIGRATIONS_FOLDER, parseMigrationFolder, SUM_FILE } from '../domain/migration.ts';
import { GENERATED_FOLDER, MANIFEST_FILE, type ProjectFolder } from '../domain/project.ts';
import type { Schema } from '../domain/schema.ts';
import { checkScaffold } from '../phases/scaffold.ts';
import type { Needs } from '../ports/services.ts';
import { beginChange, endChange, markOf, readBegun } from './begun-change.ts';
import { locked } from './exclusive.ts';
import { type AddedMigration, pathsOf, readMigrations, removeMigrations, writeMigrations } from './migration-files.ts';
import { listMigrations, revertStage } from './migrations.ts';
import type { LoginNeeds } from './settle-logins.ts';
import { migrateStage, scaffoldStage } from './stages.ts';
import type { TrialNeeds } from './trial-database.ts';

export type EvolveNeeds = TrialNeeds & LoginNeeds & Needs<'templates' | 'programs'>;

/** What was done. */
export interface Evolved {
  readonly migrations: readonly AddedMigration[];
  readonly applied: readonly string[];
  readonly written: readonly string[];
  readonly merged: readonly string[];
  readonly kept: readonly string[];
  /** Files in which somebody has to decide between the markers; while there are any, no migration is applied. */
  readonly conflicts: readonly string[];
}

/** Does a change, from writing it down to crossing it off. What migrating refuses is taken back. For who holds the lock. */
export async function carryOut(folder: ProjectFolder, change: BegunChange, services: EvolveNeeds): Promise<Evolved> {
  await beginChange(folder, change, services);
  return goOn(folder, change, services);
}

async function goOn(folder: ProjectFolder, change: BegunChange, services: EvolveNeeds): Promise<Evolved> {
  const migrations = await writeMigrations(folder, change.migrations, services);
  try {
    const done = await finishChange(folder, change.env, change.schema, services);
    await endChange(folder.directory, services);
    return { migrations, ...done };
  } catch (error) {
    // The rows have changed since the rehearsal, say. What the outside world refuses is tried again by the next one.
    if (isTurboError(error) && error.code.startsWith('migration.')) await takeBack(folder, change, services);
    throw error;
  }
}

/** Files and database as they were before. Throws what migrating back throws; then it is tried again by the next one. */
async function takeBack(folder: ProjectFolder, change: BegunChange, services: EvolveNeeds): Promise<void> {
  if (await isPartlyApplied(folder, change, services)) {
    const own = new Set(change.migrations.map(({ version }) => version));
    const { ups } = parseMigrationFolder(await readMigrations(folder, services));
    const to = ups.filter(({ version }) => !own.has(version)).at(-1)?.version ?? '0';
    await revertStage(folder, change.env, services, { to });
  }
  await removeMigrations(folder, change.migrations, services);
  await endChange(folder.directory, services);
}

async function isPartlyApplied(folder: ProjectFolder, change: BegunChange, services: EvolveNeeds): Promise<boolean> {
  const own = new Set(change.migrations.map(({ version }) => version));
  const rows = await listMigrations(folder, change.env, services);
  return rows.some(({ version, state }) => own.has(version) && state !== 'pending');
}

/** Database or code have it already, or some of it: with conflicts, code comes first. */
async function isUnderWay(folder: ProjectFolder, change: BegunChange, services: EvolveNeeds): Promise<boolean> {
  if (await isPartlyApplied(folder, change, services)) return true;
  const changed = { ...folder, project: { ...folder.project, schema: change.schema } };
  return (await checkScaffold(changed, services)).conflicts.length > 0;
}

/** What became of a change that was cut. */
export type Resumed =
  | { readonly kind: 'finished'; readonly evolved: Evolved; readonly change: BegunChange }
  | { readonly kind: 'taken-back'; readonly change: BegunChange };

/**
 * Finishes a change that was cut; where somebody has changed the migrations meanwhile, and nothing of it is applied, it
 * is taken back instead. Null when there is none. Throws what `carryOutChange` throws.
 */
export async function resumeChange(before: ProjectFolder, services: EvolveNeeds): Promise<Resumed | null> {
  if ((await readBegun(before.directory, services)) === null) return null;
  return locked(before, services, async (folder) => {
    // Whoever had the lock may have finished it.
    const change = await readBegun(folder.directory, services);
    if (change === null) return null;
    const isAsBefore = markOf(await readMigrations(folder, services), change.migrations) === change.base;
    if (!isAsBefore && !(await isUnderWay(folder, change, services))) {
      await takeBack(folder, change, services);
      await removeLeftovers(folder, change, [], services);
      return { kind: 'taken-back', change };
    }
    const evolved = await goOn(folder, change, services);
    await removeLeftovers(folder, change, evolved.written, services);
    return { kind: 'finished', evolved, change };
  });
}

async function removeLeftovers(
  { directory, project }: ProjectFolder,
  { migrations }: BegunChange,
  written: readonly string[],
  { workspace }: Needs<'workspace'>,
): Promise<void> {
  const files = [...new Set([...Object.keys(project.files), ...written])];
  const own = migrations.flatMap((migration) => {
    const { up, down } = pathsOf(migration);
    return down === null ? [up] : [up, down];
  });
  const sum = `${MIGRATIONS_FOLDER}/${SUM_FILE}`;
  const generated = files.map((path) => `${GENERATED_FOLDER}/${path}`);
  await workspace.removeLeftovers(directory, [MANIFEST_FILE, sum, ...own, ...files, ...generated]);
}

/**
 * Database and code follow the migrations; also what a cut run has left to do. Where a person and we changed the same
 * lines, the files get the usual markers and the database stays as it is until they are gone.
 */
export async function finishChange(
  { directory, project: before }: ProjectFolder,
  env: Environment,
  after: Schema,
  services: EvolveNeeds,
): Promise<Omit<Evolved, 'migrations'>> {
  const folder = { directory, project: { ...before, schema: after } };
  const { conflicts: ahead } = await checkScaffold(folder, services);
  const { applied } = ahead.length > 0 ? { applied: [] } : await migrateStage(folder, env, services);
  const { written, merged, kept, conflicts } = await scaffoldStage(folder, services);
  return { applied, written, merged, kept, conflicts };
}
