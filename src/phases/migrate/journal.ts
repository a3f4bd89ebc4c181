import {
  isUnwritten,
  type JudgedMigration,
  type MigrationFolder,
  type MigrationStatusRow,
  statementSum,
} from '../../domain/migration.ts';
import type { SqlSession } from '../../ports/sql.ts';

/** A row of `tb.schema_migrations`: what has been done to this database. */
export interface JournalRow {
  readonly version: string;
  readonly name: string;
  readonly checksum: string;
  /** `running`: a statement outside a transaction was begun, and its runner may be dead. */
  readonly status: 'running' | 'applied';
  readonly statementSums: readonly string[];
  /** Unix seconds. */
  readonly appliedAt: number | null;
}

const CREATE_JOURNAL = `CREATE TABLE IF NOT EXISTS tb.schema_migrations (
  version text NOT NULL,
  name text NOT NULL,
  checksum text NOT NULL,
  status text NOT NULL,
  statements integer NOT NULL,
  done_statements integer NOT NULL,
  statement_sums text[] NOT NULL,
  applied_at bigint,
  ms integer,
  tool_version text,
  CONSTRAINT schema_migrations_pkey PRIMARY KEY (version),
  CONSTRAINT schema_migrations_status_check CHECK (status IN ('running', 'applied'))
)`;

/** Makes the journal. Call it under the lock: two at once would collide in the catalog. */
export async function ensureJournal(session: SqlSession): Promise<void> {
  await session.query(CREATE_JOURNAL);
}

/** All rows in the order of their versions; none when there is no journal yet. */
export async function readJournal(session: SqlSession): Promise<readonly JournalRow[]> {
  const { rows: found } = await session.query(`SELECT to_regclass('tb.schema_migrations') IS NOT NULL AS found`);
  if (found[0]?.found !== true) return [];
  const { rows } = await session.query(
    'SELECT version, name, checksum, status, statement_sums, applied_at FROM tb.schema_migrations ORDER BY version',
  );
  return rows.map((row) => ({
    version: String(row.version),
    name: String(row.name),
    checksum: String(row.checksum),
    status: row.status === 'running' ? 'running' : 'applied',
    statementSums: Array.isArray(row.statement_sums) ? row.statement_sums.map(String) : [],
    appliedAt: row.applied_at === null ? null : Number(row.applied_at),
  }));
}

/** Inserts the row of a migration. Fails with 23505 when somebody else did. */
export async function insertRow(
  session: SqlSession,
  file: JudgedMigration,
  row: {
    readonly status: JournalRow['status'];
    readonly appliedAt: number | null;
    readonly toolVersion: string | null;
  },
): Promise<void> {
  const count = file.statements.length;
  const sums = file.statements.map((statement) => statementSum(statement.text));
  await session.query(
    `INSERT INTO tb.schema_migrations
       (version, name, checksum, status, statements, done_statements, statement_sums, applied_at, tool_version)
     VALUES ($1, $2, $3, $4, $5, 0, $6, $7, $8)`,
    [file.version, file.name, file.checksum, row.status, count, sums, row.appliedAt, row.toolVersion],
  );
}

/** Writes that all statements of a migration are done. */
export async function finishRow(session: SqlSession, version: string, appliedAt: number, ms: number): Promise<void> {
  await session.query(
    `UPDATE tb.schema_migrations
     SET status = 'applied', done_statements = statements, applied_at = $2, ms = $3 WHERE version = $1`,
    [version, appliedAt, Math.min(Math.round(ms), 2 ** 31 - 1)],
  );
}

/** Gives how many rows there were: 0 or 1. */
export async function deleteRow(session: SqlSession, version: string): Promise<number> {
  return (await session.query('DELETE FROM tb.schema_migrations WHERE version = $1', [version])).rowCount;
}

/** Says that a statement outside a transaction has begun, or has had no effect. */
export async function setStatus(session: SqlSession, version: string, status: JournalRow['status']): Promise<void> {
  await session.query('UPDATE tb.schema_migrations SET status = $2 WHERE version = $1', [version, status]);
}

/** Takes what the file says now for what was applied. */
export async function acceptFile(session: SqlSession, file: JudgedMigration): Promise<void> {
  const sums = file.statements.map((statement) => statementSum(statement.text));
  await session.query(
    `UPDATE tb.schema_migrations
     SET name = $2, checksum = $3, statements = $4, done_statements = $4, statement_sums = $5 WHERE version = $1`,
    [file.version, file.name, file.checksum, sums.length, sums],
  );
}

/** Files and journal side by side, in the order of the versions. */
export function compareJournal(
  { ups: files, downs }: Pick<MigrationFolder, 'ups' | 'downs'>,
  journal: readonly JournalRow[],
): readonly MigrationStatusRow[] {
  const rows = new Map(journal.map((row) => [row.version, row]));
  const known = new Set(files.map((file) => file.version));
  const backward = new Set(downs.filter((file) => !isUnwritten(file)).map((file) => file.version));
  const fromFiles = files.map(({ version, name, checksum }): MigrationStatusRow => {
    const row = rows.get(version);
    const hasDown = backward.has(version);
    if (!row) return { version, name, state: 'pending', appliedAt: null, hasDown };
    const state = row.checksum !== checksum ? 'changed' : row.status === 'running' ? 'pending' : 'applied';
    return { version, name, state, appliedAt: row.appliedAt, hasDown };
  });
  const missing = journal
    .filter((row) => !known.has(row.version))
    .map(({ version, name, appliedAt }): MigrationStatusRow => {
      return { version, name, state: 'missing', appliedAt, hasDown: backward.has(version) };
    });
  return [...fromFiles, ...missing].sort((a, b) => (a.version < b.version ? -1 : 1));
}
