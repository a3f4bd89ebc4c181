import type { Schema } from '../domain/schema.ts';
import type { Check, IndexAdvice } from '../domain/verification.ts';
import type { Needs } from '../ports/services.ts';
import { SqlError, type SqlSession } from '../ports/sql.ts';
import { adviseIndexes } from './prove-statements/advise-indexes.ts';
import { fillTables } from './prove-statements/fill-tables.ts';
import { listStatements } from './prove-statements/list-statements.ts';
import { readStatements, type Statement } from './prove-statements/read-statements.ts';

export interface StatementsOrder {
  readonly schema: Schema;
  /** Source files of the backend, by path: every `{ name, text }` of a statement in them is looked at. */
  readonly files: Readonly<Record<string, string>>;
  /** A session with the rights of the backend. */
  readonly app: SqlSession;
  /** A session of whoever owns the tables, which have no rows yet. */
  readonly owner: SqlSession;
}

/**
 * Has a database without rows prepare and plan every statement of a backend, with the rights of the backend: those in
 * its files, and every filter and order its lists offer. Then looks which of these would be quicker with an index, on
 * rows that are made for it and rolled back; each piece of advice was tried. Changes nothing.
 */
export async function proveStatements(
  { schema, files, app, owner }: StatementsOrder,
  { clock, progress }: Needs<'clock' | 'progress'>,
): Promise<{ readonly checks: readonly Check[]; readonly indexes: readonly IndexAdvice[] }> {
  const groups = new Map<string, Statement[]>();
  for (const statement of [...readStatements(files).filter(isPlanned), ...listStatements(schema)]) {
    const group = groups.get(statement.group);
    if (group) group.push(statement);
    else groups.set(statement.group, [statement]);
  }
  const checks: Check[] = [];
  await app.query('SET plan_cache_mode = force_generic_plan');
  for (const [group, statements] of groups) {
    const begun = clock.elapsedMs();
    const detail = (await refusals(statements, app)).join('\n');
    const ms = Math.round(clock.elapsedMs() - begun);
    checks.push({ name: `${group}: ${statements.length} statements`, passed: detail === '', detail, ms });
  }
  return { checks, indexes: await findIndexes(schema, owner, progress) };
}

/** The beginning and the end of a transaction have a name too, but nothing to plan. */
function isPlanned({ text }: Statement): boolean {
  return !/^(begin|commit|rollback)$/i.test(text.trim());
}

/** A line for each statement that PostgreSQL does not take. All at once first: one by one only when some is bad. */
async function refusals(statements: readonly Statement[], app: SqlSession): Promise<readonly string[]> {
  if ((await refusal(statements, app)) === null) return [];
  const found: string[] = [];
  for (const statement of statements) {
    const error = await refusal([statement], app);
    if (error) found.push(`${statement.name} (${statement.place}): ${error.message} (${error.state})`);
  }
  return found;
}

async function refusal(statements: readonly Statement[], app: SqlSession): Promise<SqlError | null> {
  try {
    await app.query(statements.map(({ text }) => proof(text)).join(';\n'));
    return null;
  } catch (error) {
    if (!(error instanceof SqlError)) throw error;
    await app.query('DEALLOCATE ALL');
    return error;
  }
}

/** Planning asks for the rights that running would. */
function proof(text: string): string {
  const places = Math.max(0, ...[...text.matchAll(/\$(\d+)/g)].map(([, number]) => Number(number)));
  const nothing = places === 0 ? '' : `(${Array(places).fill('NULL').join(', ')})`;
  return `PREPARE _proof AS ${text};\nEXPLAIN EXECUTE _proof${nothing};\nDEALLOCATE _proof`;
}

async function findIndexes(
  schema: Schema,
  owner: SqlSession,
  progress: Needs<'progress'>['progress'],
): Promise<readonly IndexAdvice[]> {
  await owner.query('BEGIN');
  try {
    await fillTables(schema, owner);
    return await adviseIndexes(schema, owner);
  } catch (error) {
    if (!(error instanceof SqlError)) throw error;
    // The tables may be more than the schema says, by hand-written migrations; then there is nothing to try it on.
    progress({ kind: 'note', message: `No advice about indexes: ${error.message}` });
    return [];
  } finally {
    await owner.query('ROLLBACK');
  }
}
