import { type Catalog, compareCatalogs } from '../domain/catalog.ts';
import { APP_SCHEMA, type Environment } from '../domain/database.ts';

import {
  type ChangeOptions,
  type Doubt,
  diffSchemas,
  expandSchema,
  findRenames,
  NO_RENAMES,
  type Renames,
  renderSegment,
  renderSteps,
  type Segment,
  type Step,
  settleSteps,
} from '../domain/diff.ts';
import { TurboError } from '../domain/errors.ts';
import { initialMigration } from '../domain/migration.ts';
import type { ProjectFolder } from '../domain/project.ts';
import type { Schema } from '../domain/schema.ts';
import { parseSchema } from '../domain/schema-rules.ts';
import { parseSql } from '../domain/sql-parse.ts';
import {
  findUnknown,
  NOTHING_UNKNOWN,
  type UnknownParts,
  withoutUnknown,
  withUnknown,
} from '../domain/unknown-parts.ts';
import { openLogin } from '../operations/open-login.ts';
import { readCatalog } from '../operations/read-catalog.ts';
import { sweepScratches, withScratchDatabase } from '../operations/scratch-database.ts';
import { migrateUp } from '../phases/migrate.ts';
import { SqlError, type SqlSession } from '../ports/sql.ts';
import { type ChangeBase, findBase, freshCatalog } from './change-base.ts';
import { readMigrations } from './migration-files.ts';
import type { TrialNeeds } from './trial-database.ts';

/** What is wanted, and what was said about it. */
export interface ChangeOrder extends Omit<ChangeOptions, 'renames'> {
  readonly after: Schema;
  /** Where the change starts: what the migrations make, or what a database holds. */
  readonly from: 'schema' | 'database';
  readonly env: Environment;
  /** Old name → new one, of tables, columns (`posts.title`), enums and their values. */
  readonly renames: ReadonlyMap<string, string>;
  /** Tables and columns that are gone for good. */
  readonly dropped: ReadonlySet<string>;
  /** Only so far that the code of before and that of after can both work on it. */
  readonly expand?: boolean;
  /** What neither the project's schema nor `after` has was made by a migration of one's own: it stays. */
  readonly keepsUnknown?: true;
}

/** Something that was counted in the database; null: it could not be counted there. */
export interface Counted {
  readonly what: string;
  readonly rows: number | null;
}

export interface ChangePlan {
  readonly before: Schema;
  readonly renames: Renames;
  /** What each migration file says, in their order, with the way back. */
  readonly files: readonly { readonly up: string; readonly down: string }[];
  /** A sentence for each step. */
  readonly steps: readonly string[];
  readonly losses: readonly Counted[];
  readonly obstacles: readonly (Counted & { readonly hint: string; readonly fills?: string })[];
  /** What may have got another name; nothing is planned before that is said. */
  readonly doubts: readonly Doubt[];
  /** What the database has and no schema can say; left alone. */
  readonly beyond: readonly string[];
}

/**
 * Plans the migrations that lead to a schema, and proves them on a scratch database: what they make is what a fresh
 * database of the schema holds, and the way back leads to what was there. What would be lost and what stands in the way
 * is counted in the project's database. Changes nothing. Throws `migration.failed` for a plan that does not hold, and
 * what migrating throws.
 */
export async function planChange(folder: ProjectFolder, order: ChangeOrder, services: TrialNeeds): Promise<ChangePlan> {
  const known = [folder.project.schema, ...(await services.state.listGeneratedSchemas(folder.project.id))];
  await sweepScratches(folder.project.id, services);
  const drawn = await withScratchDatabase(folder.project.id, services, async (scratch) => {
    const login = await scratch.login('mig');
    if (order.from === 'schema')
      await migrateUp({ files: await readMigrations(folder, services), login, keepSum() {} }, services);
    const session = await services.sql.connect(login);
    try {
      return await draw(folder, order, known, session, services);
    } finally {
      await session.close();
    }
  });
  if (drawn.segments.length === 0) return { ...drawn, files: [], steps: [], losses: [], obstacles: [] };
  const steps = drawn.segments.flatMap(({ up }) => up);
  const counted = await count(folder, order.env, steps, services);
  const files = drawn.segments.map(renderSegment);
  const { before, renames, doubts, beyond } = drawn;
  return { before, renames, doubts, beyond, files, steps: steps.map(({ what }) => what), ...counted };
}

interface Drawn {
  readonly before: Schema;
  readonly renames: Renames;
  readonly segments: readonly Segment[];
  readonly doubts: readonly Doubt[];
  readonly beyond: readonly string[];
}

async function draw(
  folder: ProjectFolder,
  order: ChangeOrder,
  known: readonly unknown[],
  scratch: SqlSession,
  services: TrialNeeds,
): Promise<Drawn> {
  const found = order.from === 'schema' ? await readCatalog(scratch) : await catalogOf(folder, order.env, services);
  const base = await findBase(found, known, scratch);
  const { schema: before } = base;
  const unknown = unknownOf(folder, order, before);
  const beyond = [...base.beyond, ...unknown.tables, ...unknown.columns];
  const former = withoutUnknown(before, unknown);
  const { renames, doubts } = findRenames(former, order.after, { renames: order.renames, dropped: order.dropped });
  if (doubts.length > 0) return { before: former, renames, segments: [], doubts, beyond };
  const after = withUnknown(order.after, before, unknown, renames);
  const goal = order.expand ? expanded(before, after, renames) : { schema: after, renames };
  const online = order.online ?? (order.expand === true || (await hasLargeTable(folder, order.env, services)));
  const { fills, moved, copies = goal.copies } = order;
  const said = { ...(fills ? { fills } : {}), ...(moved ? { moved } : {}), ...(copies ? { copies } : {}), online };
  const way = diffSchemas(before, goal.schema, { renames: goal.renames, ...said });
  const settling =
    base.differences.length === 0 ? [] : settleSteps(withoutTables(found, unknown.tables), base.fresh, before);
  const [first = { up: [], down: [] }, ...rest] = way;
  const segments = way.length + settling.length === 0 ? [] : [{ ...first, up: [...settling, ...first.up] }, ...rest];
  if (order.from === 'database') await scratch.query(initialMigration(before, 0).content);
  if (order.from === 'schema' || settling.length === 0) await prove(segments, goal.schema, base, scratch);
  return { before: former, renames: goal.renames, segments, doubts, beyond };
}

function unknownOf({ project }: ProjectFolder, order: ChangeOrder, before: Schema): UnknownParts {
  if (!order.keepsUnknown) return NOTHING_UNKNOWN;
  return findUnknown(before, [project.schema, order.after], new Set([...order.dropped, ...order.renames.keys()]));
}

const withoutTables = (catalog: Catalog, names: ReadonlySet<string>): Catalog => ({
  ...catalog,
  tables: catalog.tables.filter(({ name }) => !names.has(name)),
});

interface Goal {
  readonly schema: Schema;
  readonly renames: Renames;
  readonly copies?: ReadonlyMap<string, string>;
}

/** Throws `migration.refused` for what cannot be had both ways. */
function expanded(before: Schema, after: Schema, renames: Renames): Goal {
  const { schema, copies, refused } = expandSchema(before, after, renames);
  if (refused.length > 0) {
    throw new TurboError('migration.refused', [...new Set(refused)].join(' '), {
      hint: 'Nothing was written. Make this part without --expand, when nobody runs the former code.',
    });
  }
  return { schema: parseSchema(schema), renames: NO_RENAMES, copies };
}

/** More rows than this, and a change is made so that a service can go on meanwhile, unless somebody says otherwise. */
const MANY_ROWS = 1_000_000;

/** As PostgreSQL estimates it. */
async function hasLargeTable(folder: ProjectFolder, env: Environment, services: TrialNeeds): Promise<boolean> {
  const record = await services.state.findDatabase(folder.project.id, env);
  if (record?.status !== 'ready' || record.desired !== 'present') return false;
  const session = await services.sql.connect(await openLogin(folder.project.id, env, 'mig', services));
  try {
    const { rows } = await session.query(
      `SELECT coalesce(max(reltuples), 0) > $1 AS large FROM pg_catalog.pg_class
       WHERE relkind = 'r' AND relnamespace = to_regnamespace($2)`,
      [MANY_ROWS, APP_SCHEMA],
    );
    return rows[0]?.large === true;
  } finally {
    await session.close();
  }
}

async function catalogOf(folder: ProjectFolder, env: Environment, services: TrialNeeds) {
  const session = await services.sql.connect(await openLogin(folder.project.id, env, 'mig', services));
  try {
    return await readCatalog(session);
  } finally {
    await session.close();
  }
}

/** Up, compared with a fresh database of the new schema, and back, compared with where it started. */
async function prove(
  segments: readonly Segment[],
  after: Schema,
  base: ChangeBase,
  scratch: SqlSession,
): Promise<void> {
  const wanted = await freshCatalog(after, scratch);
  for (const { up, alone } of segments) await run(up, scratch, alone !== undefined);
  const left = compareCatalogs(await readCatalog(scratch), wanted, { names: true });
  // What was there already and no schema says is still there.
  const allowed = new Set(base.differences.map(({ kind }) => kind));
  const wrong = left.find(({ kind }) => !allowed.has(kind));
  if (wrong)
    throw unproven(`the migrations would leave the ${wrong.kind} of ${wrong.object} otherwise than the schema`);
  for (const { down, alone } of [...segments].reverse()) await run(down, scratch, alone !== undefined);
  const [lost] =
    base.differences.length > 0 ? [] : compareCatalogs(await readCatalog(scratch), base.fresh, { names: true });
  if (lost) throw unproven(`the way back would not restore the ${lost.kind} of ${lost.object}`);
}

function unproven(why: string, cause?: unknown): TurboError {
  return new TurboError('migration.failed', `The planned change does not hold: ${why}.`, {
    hint: 'Nothing was written. Make it in smaller steps, or write it yourself: turbobackend migrate create <name>',
    cause,
  });
}

async function run(steps: readonly Step[], session: SqlSession, isAlone: boolean): Promise<void> {
  if (!isAlone) await session.query('BEGIN');
  for (const { text } of await parseSql(renderSteps(steps))) {
    try {
      await session.query(text);
    } catch (error) {
      if (!isAlone) await session.query('ROLLBACK');
      if (!(error instanceof SqlError)) throw error;
      throw unproven(`${error.message} (${error.state}) at ${text.slice(0, 200)}`, error);
    }
  }
  if (!isAlone) await session.query('COMMIT');
}

/** Counts in the project's own database; where that is not there yet, or has other tables, nothing can be counted. */
async function count(
  folder: ProjectFolder,
  env: Environment,
  steps: readonly Step[],
  services: TrialNeeds,
): Promise<Pick<ChangePlan, 'losses' | 'obstacles'>> {
  const record = await services.state.findDatabase(folder.project.id, env);
  const isThere = record?.status === 'ready' && record.desired === 'present';
  const session = isThere ? await services.sql.connect(await openLogin(folder.project.id, env, 'mig', services)) : null;
  const rowsOf = async (sql: string): Promise<number | null> => {
    if (!session) return null;
    try {
      return Number((await session.query(sql)).rows[0]?.n ?? 0);
    } catch (error) {
      if (error instanceof SqlError) return null;
      throw error;
    }
  };
  const losses: Counted[] = [];
  const obstacles: ChangePlan['obstacles'][number][] = [];
  try {
    for (const step of steps) {
      for (const { what, sql } of step.losses) losses.push({ what, rows: await rowsOf(sql) });
      for (const { sql, ...obstacle } of step.obstacles) {
        const rows = await rowsOf(sql);
        if (rows !== 0 && rows !== null) obstacles.push({ ...obstacle, rows });
      }
    }
  } finally {
    await session?.close();
  }
  return { losses, obstacles };
}
