import { identifier } from '../../domain/identifier.ts';
import { findDestruction, type JudgedMigration, type TableName } from '../../domain/migration.ts';
import { SqlError, type SqlSession } from '../../ports/sql.ts';

/** A file that would be run. */
export interface PlannedMigration {
  /** Its key among the files. */
  readonly path: string;
  readonly version: string;
  readonly name: string;
  readonly statements: number;
  readonly transactional: boolean;
  readonly destroys: readonly PlannedLoss[];
}

/** A statement that would take something away for good. */
export interface PlannedLoss {
  readonly line: number;
  /** In words: `drops a table`. */
  readonly what: string;
  /** Rows of the tables it is about, as they are now; null when that cannot be told, `capped` for at least that many. */
  readonly rows: number | null;
  readonly capped: boolean;
  readonly mayKeepAll: boolean;
}

/** Counting on is of no use: nobody decides otherwise for it. */
const MOST_ROWS = 1_000_000;
const COUNT_DEADLINE_MS = 5000;

/** The files with what they would take away, counted in the database as it is. */
export async function describePlan(
  files: readonly JudgedMigration[],
  session: SqlSession,
): Promise<readonly PlannedMigration[]> {
  const plan: PlannedMigration[] = [];
  for (const { path, version, name, sql, statements, transactional } of files) {
    const destroys: PlannedLoss[] = [];
    for (const { line, what, tables, mayKeepAll } of await findDestruction(sql)) {
      const rows = tables === null ? null : await countAll(tables, session);
      destroys.push({ line, what, rows, capped: (rows ?? 0) > MOST_ROWS, mayKeepAll });
    }
    plan.push({ path, version, name, statements: statements.length, transactional, destroys });
  }
  return plan;
}

async function countAll(tables: readonly TableName[], session: SqlSession): Promise<number | null> {
  let sum = 0;
  for (const table of tables) {
    const rows = await count(table, session);
    if (rows === null) return null;
    sum += rows;
  }
  return sum;
}

/** 0 for a table that is not there yet; null when it takes too long or may not be read. */
async function count({ schema, name }: TableName, session: SqlSession): Promise<number | null> {
  const table = `${identifier(schema)}.${identifier(name)}`;
  const { rows: found } = await session.query('SELECT pg_catalog.to_regclass($1) IS NOT NULL AS there', [table]);
  if (found[0]?.there !== true) return 0;
  await session.query(`SET statement_timeout = ${COUNT_DEADLINE_MS}`);
  try {
    const { rows } = await session.query(
      `SELECT pg_catalog.count(*)::int AS n FROM (SELECT FROM ${table} LIMIT ${MOST_ROWS + 1}) AS counted`,
    );
    return Number(rows[0]?.n);
  } catch (error) {
    if (error instanceof SqlError && ['57014', '42501', '42809'].includes(error.state)) return null;
    throw error;
  } finally {
    await session.query('RESET statement_timeout');
  }
}
