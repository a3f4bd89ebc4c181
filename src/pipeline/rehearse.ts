import { compareCatalogs } from '../domain/catalog.ts';
import type { Login } from '../domain/database.ts';
import type { Renames } from '../domain/diff.ts';
import { TurboError } from '../domain/errors.ts';
import { fingerprintQueries } from '../domain/fingerprints.ts';
import { parseMigrationFolder } from '../domain/migration.ts';
import type { Schema } from '../domain/schema.ts';
import { readCatalog } from '../operations/read-catalog.ts';
import { migrateDown, migrateUp } from '../phases/migrate.ts';
import type { SqlSession } from '../ports/sql.ts';
import type { FileTree } from '../ports/workspace.ts';
import type { Prepared } from './prepared.ts';
import type { RowsCopy } from './rows-copy.ts';
import { type TrialDatabase, type TrialNeeds, trialDatabase } from './trial-database.ts';
import { together } from './watch.ts';

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
  readonly before: Schema;
  readonly after: Schema;
  readonly renames: Renames;
  /** The new migrations, as they would be written. */
  readonly files: readonly { readonly up: string; readonly down: string }[];
}

/** Who looks at the copy that a change was made in. */
export interface RehearsalWitness<T> {
  look(database: TrialDatabase): Promise<T>;
}

/**
 * Tries a change on a copy of an environment's rows: up, what nobody wanted to change is as it was, down, everything is
 * as it was, and up again. Changes nothing of the project. Throws `migration.failed` when it is not so, and what
 * copying, migrating or the witness throws. The copy is of no use to anybody else afterwards.
 */
export async function rehearse<T>(
  order: RehearsalOrder,
  prepared: Prepared<RowsCopy>,
  witness: RehearsalWitness<T>,
  services: TrialNeeds,
): Promise<{ readonly rehearsal: Rehearsal; readonly seen: T }> {
  const copy = await prepared.ready();
  const { scratch, session, rows, copyMs } = copy;
  const { tried, later } = await tryOut(order, copy, services);
  const looked = trialDatabase(scratch, order.after, session, services).then((database) => witness.look(database));
  const [seen] = await together([looked, later]);
  return { rehearsal: { ...tried, rows, copyMs }, seen };
}

type Tried = Omit<Rehearsal, 'rows' | 'copyMs'>;

/** `later` throws when the second time was not like the first: looking at that goes on. */
async function tryOut(
  { before, after, renames, files: added }: RehearsalOrder,
  { files, login, catalog: former, session }: RowsCopy,
  services: TrialNeeds,
): Promise<{ readonly tried: Tried; readonly later: Promise<void> }> {
  const { clock } = services;
  const queries = fingerprintQueries(before, after, renames);
  const [was, will] = [queries.map(({ before: query }) => query), queries.map(({ after: query }) => query)];
  const prints = await printsOf(was, session);
  const last = parseMigrationFolder(files).ups.at(-1)?.version ?? '0';
  const order = { files: withAdded(files, added), login };
  const begin = clock.elapsedMs();
  await migrateUp(order, services);
  const upMs = clock.elapsedMs() - begin;
  assertSame(queries, prints, await printsOf(will, session), 'the migrations change');
  const wanted = await readCatalog(session);
  const turn = clock.elapsedMs();
  await migrateDown({ ...order, to: last }, services);
  const downMs = clock.elapsedMs() - turn;
  assertSame(queries, prints, await printsOf(was, session), 'the way back does not restore');
  const [lost] = compareCatalogs(former, await readCatalog(session), { names: true });
  if (lost) throw unproven(`the way back does not restore the ${lost.kind} of ${lost.object}`);
  await migrateUp(order, services);
  const [other] = compareCatalogs(wanted, await readCatalog(session), { names: true });
  if (other) throw unproven(`the second time it makes another ${other.kind} of ${other.object}`);
  const second = await printsOfNow(will, login, services);
  const later = second.prints.then((found) =>
    assertSame(queries, prints, found, 'the migrations change the second time'),
  );
  // Told to who waits for it.
  later.catch(() => {});
  const columns = queries.reduce((total, { columns: count }) => total + count, 0);
  return { tried: { tables: queries.length, columns, upMs, downMs }, later };
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

/** Of the rows that are there when this returns, whatever a server does with them while they are read. */
async function printsOfNow(
  queries: readonly string[],
  login: Login,
  { sql }: TrialNeeds,
): Promise<{ readonly prints: Promise<readonly string[]> }> {
  const session = await sql.connect(login);
  await session.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SELECT 1');
  return { prints: printsOf(queries, session).finally(() => session.close()) };
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
