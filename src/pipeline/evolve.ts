import { compareCatalogs } from '../domain/catalog.ts';
import { namedChange } from '../domain/change-request.ts';
import type { Environment } from '../domain/database.ts';
import { TurboError } from '../domain/errors.ts';
import { parseMigrationFiles } from '../domain/migration.ts';
import { type ProjectFolder, treeHash } from '../domain/project.ts';
import type { Request } from '../domain/request.ts';
import type { Schema } from '../domain/schema.ts';
import { parseSchema } from '../domain/schema-rules.ts';
import { openLogin } from '../operations/open-login.ts';
import { readCatalog } from '../operations/read-catalog.ts';
import type { Needs } from '../ports/services.ts';
import { type AddedMigration, addMigration, readMigrations } from './migration-files.ts';
import { listMigrations } from './migrations.ts';
import type { ChangeOrder, ChangePlan } from './plan-change.ts';
import { type Rehearsal, rehearse } from './rehearse.ts';
import type { LoginNeeds } from './settle-logins.ts';
import { migrateStage, scaffoldStage } from './stages.ts';
import type { TrialNeeds } from './trial-database.ts';

/** What a sentence makes of a schema, and what it says about names. */
export interface WantedChange extends Pick<ChangeOrder, 'renames' | 'dropped'> {
  readonly after: Schema;
  /** Who understood it. */
  readonly decidedBy: string;
  /** Words that nothing stands for. */
  readonly leftOut: readonly string[];
}

/** What a sentence about a project's data wants. Throws `schema.invalid` when the result would not hold, and `model.*`. */
export async function understandChange(
  { project }: ProjectFolder,
  request: Request,
  { model }: Needs<'model'>,
): Promise<WantedChange> {
  const { schema } = project;
  if (schema === null) {
    throw new TurboError('project.incomplete', `${project.name} has no database that could grow.`, {
      hint: 'turbobackend create "<request>" --database yes, in an empty folder',
    });
  }
  const named = namedChange(request.text, schema);
  if (named) return { ...named, after: parseSchema(named.schema), decidedBy: 'its words', leftOut: [] };
  const design = await model.design(request, { name: project.name, schema }, { projectId: project.id });
  const { leftOut } = design.explanation;
  return { after: design.schema, renames: new Map(), dropped: new Set(), decidedBy: model.name, leftOut };
}

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

/** Marks the place a plan starts from. Throws `project.incomplete` while older migrations are not applied. */
export async function markPlace(folder: ProjectFolder, env: Environment, services: EvolveNeeds): Promise<Marks> {
  const rows = await listMigrations(folder, env, services);
  const waiting = rows.filter(({ state }) => state !== 'applied');
  const [first] = waiting;
  if (first) {
    const title = `${first.version}_${first.name}`;
    throw new TurboError('project.incomplete', `The migration ${title} is ${first.state} in the ${env} database.`, {
      hint: 'First: turbobackend migrate up',
    });
  }
  return look(folder, env, services);
}

async function look(folder: ProjectFolder, env: Environment, services: EvolveNeeds): Promise<Marks> {
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
  readonly kept: readonly string[];
}

/**
 * Carries a rehearsed change out: migrations, manifest and code are written, then the database is changed. What was cut
 * is finished by the same sentence again. Throws `migration.changed` when the project changed since the preview.
 */
export async function carryOutChange(
  folder: ProjectFolder,
  order: { readonly env: Environment; readonly name: string; readonly after: Schema; readonly preview: Preview },
  services: EvolveNeeds,
): Promise<Evolved> {
  const { env, name, after, preview } = order;
  const now = await look(folder, env, services);
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

/** Code and database follow the migrations; also what a cut run has left to do. */
export async function finishChange(
  folder: ProjectFolder,
  env: Environment,
  after: Schema,
  services: EvolveNeeds,
): Promise<Omit<Evolved, 'migrations'>> {
  const project = { ...folder.project, schema: after };
  const { written, kept } = await scaffoldStage({ ...folder, project }, services);
  const { applied } = await migrateStage({ ...folder, project }, env, services);
  return { applied, written, kept };
}

/** Whether every migration of the folder is applied. */
export async function isApplied(folder: ProjectFolder, env: Environment, services: EvolveNeeds): Promise<boolean> {
  const rows = await listMigrations(folder, env, services);
  const count = parseMigrationFiles(await readMigrations(folder, services)).length;
  return rows.length === count && rows.every(({ state }) => state === 'applied');
}
