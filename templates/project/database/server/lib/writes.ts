import { runInPool, runInsert } from './database.ts';
import { type Statement, translateDatabaseError } from './database-errors.ts';
import { insertOnce, type Once } from './idempotency.ts';

/** The row that an UPDATE or DELETE … RETURNING met. Throws a problem that names the field at fault. */
export async function writeRow<R extends object>(
  statement: Statement,
  values: unknown[],
): Promise<R | undefined> {
  try {
    return (await runInPool<R>(statement, values))[0];
  } catch (error) {
    throw translateDatabaseError(error, statement);
  }
}

/** The row that an INSERT … RETURNING made. Throws a problem that names the field at fault. */
export async function insertRow<R extends object>(
  statement: Statement,
  values: unknown[],
  once: Once | null,
): Promise<R> {
  const [row] = await insert<R>(statement, values, once);
  if (!row) throw new Error(`${statement.name} gave no row back.`);
  return row;
}

/** The rows that one INSERT … RETURNING made, in the order of their values; all of them or none. */
export function insertRows<R extends object>(
  { name, text }: Statement,
  rows: readonly (readonly unknown[])[],
  once: Once | null,
): Promise<R[]> {
  let place = 0;
  const places = rows.map((values) => `(${values.map(() => `$${++place}`).join(', ')})`);
  const many = text.replace(/(?<=\bvalues )\(\$1\b[^)]*\)/, places.join(', '));
  // Not prepared: there is one text for each number of rows.
  return insert<R>({ name: '', text: many }, rows.flat(), once, name);
}

async function insert<R extends object>(
  statement: Statement,
  values: unknown[],
  once: Once | null,
  name = statement.name,
): Promise<R[]> {
  try {
    return once
      ? await insertOnce(once, (run) => run<R>(statement, values))
      : await runInsert<R>(statement, values);
  } catch (error) {
    throw translateDatabaseError(error, { ...statement, name });
  }
}
