import { compareCatalogs } from '../domain/catalog.ts';
import type { Environment } from '../domain/database.ts';
import { TurboError } from '../domain/errors.ts';
import { parseMigrationFiles } from '../domain/migration.ts';
import { type ProjectFolder, treeHash } from '../domain/project.ts';
import type { Schema } from '../domain/schema.ts';
import { openLogin } from '../operations/open-login.ts';
import { readCatalog } from '../operations/read-catalog.ts';
import { checkScaffold } from '../phases/scaffold.ts';
import type { Needs } from '../ports/services.ts';
import { type AddedMigration, addMigration, readMigrations } from './migration-files.ts';
import { listMigrations } from './migrations.ts';
import type { ChangePlan } from './plan-change.ts';
import { type Rehearsal, rehearse } from './rehearse.ts';
import type { LoginNeeds } from './settle-logins.ts';
import { migrateStage, scaffoldStage } from './stages.ts';
import type { TrialNeeds } from './trial-database.ts';

/** What a plan was made for: whatever differs later was changed by somebody else. */
export interface Preview {
  readonly plan: ChangePlan;
  readonly rehearsal: Rehearsal;
  readonly marks: Marks;
}

interface Marks {
  readonly migrations: string;
  readonly catalog: Awaited<ReturnType<typeof readCatalog>>;
}

type EvolveNeeds = TrialNeeds & LoginNeeds & Needs<'templates' | 'programs'>;

/** Throws `project.incomplete` while older migrations are not applied. */
export async function assertApplied(folder: ProjectFolder, env: Environment, services: EvolveNeeds): Promise<void> {
  const rows = await listMigrations(folder, env, services);
  const first = rows.find(({ state }) => state !== 'applied');
  if (!first) return;
  const title = `${first.version}_${first.name}`;
  throw new TurboError('project.incomplete', `The migration ${title} is ${first.state} in the ${env} database.`, {
    hint: 'First: turbobackend migrate up',
  });
}

/** Marks the place a plan starts from. */
export async function markPlace(folder: ProjectFolder, env: Environment, services: EvolveNeeds): Promise<Marks> {
  const files = await readMigrations(folder, services);
  const session = await services.sql.connect(await openLogin(folder.project.id, env, 'mig', services));
  try {
    return { migrations: treeHash(files), catalog: await readCatalog(session) };
  } finally {
    await session.close();
  }
}

/** Tries a plan on a copy of the rows. */
export async function previewChange(
  folder: ProjectFolder,
  order: { readonly env: Environment; readonly after: Schema; readonly plan: ChangePlan; readonly marks: Marks },
  services: EvolveNeeds,
): Promise<Preview> {
  const { env, after, plan, marks } = order;
  const { before, renames, files } = plan;
  return { plan, marks, rehearsal: await rehearse(folder, { env, before, after, renames, files }, services) };
}

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

/**
 * Carries a rehearsed change out: migrations are written, then database and code are changed, the manifest last, so that
 * what was cut is finished by the same sentence again. Throws `migration.changed` when the project changed since the
 * preview.
 */
export async function carryOutChange(
  folder: ProjectFolder,
  order: { readonly env: Environment; readonly name: string; readonly after: Schema; readonly preview: Preview },
  services: EvolveNeeds,
): Promise<Evolved> {
  const { env, name, after, preview } = order;
  const now = await markPlace(folder, env, services);
  const isSame = now.migrations === preview.marks.migrations;
  if (!isSame || compareCatalogs(now.catalog, preview.marks.catalog, { names: true }).length > 0) {
    throw new TurboError('migration.changed', `${folder.project.name} was changed since this was planned.`, {
      hint: 'Nothing was done. Run turbobackend evolve again: it plans anew.',
    });
  }
  const migrations: AddedMigration[] = [];
  for (const file of preview.plan.files) migrations.push(await addMigration(folder, { name, ...file }, services));
  return { migrations, ...(await finishChange(folder, env, after, services)) };
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

/** Whether every migration of the folder is applied. */
export async function isApplied(folder: ProjectFolder, env: Environment, services: EvolveNeeds): Promise<boolean> {
  const rows = await listMigrations(folder, env, services);
  const count = parseMigrationFiles(await readMigrations(folder, services)).length;
  return rows.length === count && rows.every(({ state }) => state === 'applied');
}
