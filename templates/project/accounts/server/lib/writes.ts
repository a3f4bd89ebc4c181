import { createHash } from 'node:crypto';
import type { H3Event } from 'nitro/h3';
import { type Asker, readRowAs, runAs, tellAsker } from './as-account.ts';
import { pooler, type Run, transact } from './database.ts';
import { type Statement, translateDatabaseError } from './database-errors.ts';
import { insertOnce, type Once, readOnce } from './idempotency.ts';
import { problem } from './problem.ts';

/** Tells for each reference of a row whether it leads to one that may be referred to: a column each. */
export interface References {
  readonly statement: Statement;
  readonly values: unknown[];
}

/** A row to be made. */
export interface NewRow {
  readonly values: unknown[];
  /** When they lead nowhere, the INSERT makes no row. */
  readonly references?: References;
}

/** Reads Idempotency-Key, which is the account's own; null without one. Throws 400 for one that others could guess. */
export function readOwnOnce(event: H3Event, body: unknown, asker: Asker): Once | null {
  const once = readOnce(event, body);
  if (!once || !asker) return once;
  const keyHash = createHash('sha256').update(once.keyHash).update(String(asker.id)).digest();
  return { ...once, keyHash };
}

/** The row that an UPDATE or DELETE … RETURNING met. Throws a problem that names the field at fault. */
export async function writeRow<R extends object>(
  asker: Asker,
  statement: Statement,
  values: unknown[],
): Promise<R | undefined> {
  try {
    return (await runAs<R>(asker, statement, values))[0];
  } catch (error) {
    throw translateDatabaseError(error, statement);
  }
}

/** The row that an INSERT … RETURNING made. Throws a problem that names the field at fault. */
export async function insertRow<R extends object>(
  asker: Asker,
  statement: Statement,
  row: NewRow,
  once: Once | null,
): Promise<R> {
  if (once) return first(await insert<R>(asker, statement, [row], once));
  const made = await writeRow<R>(asker, statement, row.values);
  if (made) return made;
  throw await whyNotMade(asker, row);
}

/** The rows that an INSERT … RETURNING made of each, in their order; all of them or none. */
export function insertRows<R extends object>(
  asker: Asker,
  statement: Statement,
  rows: readonly NewRow[],
  once: Once | null,
): Promise<R[]> {
  return insert<R>(asker, statement, rows, once, (index) => `${index}.`);
}

/** A row was not made; ends the transaction. */
class NotMade extends Error {
  constructor(readonly index: number) {
    super('no row was made');
  }
}

async function insert<R extends object>(
  asker: Asker,
  statement: Statement,
  rows: readonly NewRow[],
  once: Once | null,
  pathOf: (index: number) => string = () => '',
): Promise<R[]> {
  const makeAll = async (run: Run) => {
    await tellAsker(run, asker);
    return insertEach<R>(run, statement, rows);
  };
  try {
    return once ? await insertOnce(once, makeAll) : await transact(makeAll);
  } catch (error) {
    const row = error instanceof NotMade ? rows[error.index] : undefined;
    if (!(error instanceof NotMade) || !row) throw translateDatabaseError(error, statement);
    throw await whyNotMade(asker, row, pathOf(error.index));
  }
}

async function insertEach<R extends object>(
  run: Run,
  statement: Statement,
  rows: readonly NewRow[],
): Promise<R[]> {
  const make = async ({ values }: NewRow, index: number): Promise<R> => {
    const [made] = await run<R>(statement, values);
    if (!made) throw new NotMade(index);
    return made;
  };
  // In one go, each after the other.
  if (!pooler) return Promise.all(rows.map(make));
  const made: R[] = [];
  for (const [index, row] of rows.entries()) made.push(await make(row, index));
  return made;
}

function first<R>([row]: readonly R[]): R {
  if (row === undefined) throw new Error('no row was made');
  return row;
}

async function whyNotMade(asker: Asker, { references }: NewRow, path = ''): Promise<Error> {
  if (!references) return new Error('no row was made');
  return (await deadReferences(asker, references, path)) ?? deadReference([]);
}

/** 422 that names the references which lead to no row that may be referred to; null when all do. */
export async function deadReferences(
  asker: Asker,
  { statement, values }: References,
  path = '',
): Promise<Error | null> {
  const found = await readRowAs<Record<string, boolean>>(asker, statement, values);
  const fields = Object.entries(found ?? {}).filter(([, isThere]) => !isThere);
  return fields.length > 0 ? deadReference(fields.map(([name]) => path + name)) : null;
}

function deadReference(fields: readonly string[]): Error {
  const errors = fields.map((field) => ({ field, message: 'does not exist' }));
  return problem(422, 'A row that is referred to does not exist.', { errors });
}

/** 403: the row is there for all to see, but not to change. */
export function forbidden(): Error {
  return problem(403, 'Only its owner may change this row.');
}
