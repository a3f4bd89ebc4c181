import { compareCatalogs } from '../domain/catalog.ts';
import type { Environment } from '../domain/database.ts';
import type { Renames } from '../domain/diff.ts';
import { TurboError } from '../domain/errors.ts';
import { fingerprintQueries } from '../domain/fingerprints.ts';
import { parseMigrationFolder } from '../domain/migration.ts';
import type { ProjectFolder } from '../domain/project.ts';
import type { Schema } from '../domain/schema.ts';
import { openLogin } from '../operations/open-login.ts';
import { readCatalog } from '../operations/read-catalog.ts';
import { withScratchDatabase } from '../operations/scratch-database.ts';
import { migrateDown, migrateUp } from '../phases/migrate.ts';
import type { SqlSession } from '../ports/sql.ts';
import type { FileTree } from '../ports/workspace.ts';
import { copyRows, countRows } from './copy-rows.ts';
import { readMigrations } from './migration-files.ts';
import { type TrialDatabase, type TrialNeeds, trialDatabase } from './trial-database.ts';

/** More are not copied for a rehearsal; then it is done without rows. */
const MAX_ROWS = 1_000_000;

/** What was seen when a change was tried on a copy of the real rows. */
export interface Rehearsal {
  /** Rows that were copied; null: there were too many, and it was tried without any. */
  readonly rows: number | null;
  /** Tables and columns whose counts and hashes were compared: after the change, and after the way back. */
  readonly tables: number;
  readonly columns: number;
  /** Milliseconds of copying, of the migrations, and of the way back. */
  readonly copyMs: number;
  readonly upMs: number;
  readonly downMs: number;
}

export interface RehearsalOrder {
  readonly env: Environment;
  readonly before: Schema;
  readonly after: Schema;
  readonly renames: Renames;
  /** The new migrations, as they would be written. */
  readonly files: readonly { readonly up: string; readonly down: string }[];
}

/** Who looks at a rehearsal: beside it, and then at the copy that the change was made in. */
export interface RehearsalWitness<T> {
  /** There is a place for the rehearsal, whose lock lasts as long as it does. */
  begin(scratchId: string): void;
  look(database: TrialDatabase): Promise<T>;
}

/**
 * Tries a change on a copy of an environment's rows: up, what nobody wanted to change is as it was, down, everything is
 * as it was, and up again. Changes nothing of the project. Throws `migration.failed` when it is not so, and what
 * migrating or the witness throws.
 */
export async function rehearse<T>(
  folder: ProjectFolder,
  order: RehearsalOrder,
  witness: RehearsalWitness<T>,
  services: TrialNeeds,
): Promise<{ readonly rehearsal: Rehearsal; readonly seen: T }> {
  const files = await readMigrations(folder, services);
  const source = await services.sql.connect(await openLogin(folder.project.id, order.env, 'mig', services));
  try {
    return await withScratchDatabase(folder.project.id, services, async (scratch) => {
      witness.begin(scratch.id);
      const login = await scratch.login('mig');
      await migrateUp({ files, login, keepSum() {} }, services);
      const copy = await services.sql.connect(login);
      try {
        const base = await readCatalog(copy);
        const { clock } = services;
        const startedAt = clock.elapsedMs();
        const rows = await countRows(base, source);
        if (rows <= MAX_ROWS) await copyRows(base, source, copy);
        const copyMs = clock.elapsedMs() - startedAt;
        const tried = await tryOut(order, { files, login }, copy, services);
        const rehearsal = { ...tried, rows: rows <= MAX_ROWS ? rows : null, copyMs };
        return { rehearsal, seen: await witness.look(await trialDatabase(scratch, order.after, copy, services)) };
      } finally {
        await copy.close();
      }
    });
  } finally {
    await source.close();
  }
}

type Tried = Omit<Rehearsal, 'rows' | 'copyMs'>;

async function tryOut(
  { before, after, renames, files: added }: RehearsalOrder,
  { files, login }: Pick<Parameters<typeof migrateUp>[0], 'files' | 'login'>,
  copy: SqlSession,
  services: TrialNeeds,
): Promise<Tried> {
  const { clock } = services;
  const former = await readCatalog(copy);
  const queries = fingerprintQueries(before, after, renames);
  const [was, will] = [queries.map(({ before: query }) => query), queries.map(({ after: query }) => query)];
  const prints = await printsOf(was, copy);
  const last = parseMigrationFolder(files).ups.at(-1)?.version ?? '0';
  const order = { files: withAdded(files, added), login };
  const begin = clock.elapsedMs();
  await migrateUp(order, services);
  const upMs = clock.elapsedMs() - begin;
  assertSame(queries, prints, await printsOf(will, copy), 'the migrations change');
  const wanted = await readCatalog(copy);
  const turn = clock.elapsedMs();
  await migrateDown({ ...order, to: last }, services);
  const downMs = clock.elapsedMs() - turn;
  assertSame(queries, prints, await printsOf(was, copy), 'the way back does not restore');
  const [lost] = compareCatalogs(former, await readCatalog(copy), { names: true });
  if (lost) throw unproven(`the way back does not restore the ${lost.kind} of ${lost.object}`);
  await migrateUp(order, services);
  const [other] = compareCatalogs(wanted, await readCatalog(copy), { names: true });
  if (other) throw unproven(`the second time it makes another ${other.kind} of ${other.object}`);
  assertSame(queries, prints, await printsOf(will, copy), 'the migrations change the second time');
  const columns = queries.reduce((total, { columns: count }) => total + count, 0);
  return { tables: queries.length, columns, upMs, downMs };
}

/** The new migrations behind all others, without the sum, which does not know them yet. */
function withAdded(files: FileTree, added: RehearsalOrder['files']): FileTree {
  const { 'migrations.sum': _sum, ...rest } = files;
  const more = added.flatMap(({ up, down }, index) => {
    const [minute, second] = [Math.floor(index / 60), index % 60].map((part) => String(part).padStart(2, '0'));
    const title = `9999123123${minute}${second}_rehearsed.sql`;
    return [
      [title, up],
      [`down/${title}`, down],
    ];
  });
  return { ...rest, ...Object.fromEntries(more) };
}

async function printsOf(queries: readonly string[], session: SqlSession): Promise<readonly string[]> {
  const found: string[] = [];
  for (const query of queries) found.push(String((await session.query(query)).rows[0]?.print));
  return found;
}

function assertSame(
  queries: ReturnType<typeof fingerprintQueries>,
  one: readonly string[],
  other: readonly string[],
  what: string,
): void {
  const at = one.findIndex((print, index) => print !== other[index]);
  if (at !== -1) throw unproven(`${what} rows or values of ${queries[at]?.table} that nobody wanted to change`);
}

function unproven(why: string): TurboError {
  return new TurboError('migration.failed', `The change was tried on a copy of the rows, and ${why}.`, {
    hint: 'Nothing was changed. Make it in smaller steps, or write it yourself: turbobackend migrate create <name>',
  });
}
