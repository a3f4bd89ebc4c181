import { createHash } from 'node:crypto';
import { backendDdl } from './backend-tables.ts';
import { renderDdl } from './ddl.ts';
import { TurboError } from './errors.ts';
import { DOWN_FOLDER, MIGRATIONS_FOLDER, type MigrationFile, migrationVersion, normalise } from './migration/files.ts';
import {
  type ConcurrentIndex,
  concurrentIndex,
  droppedIndex,
  findRefusal,
  type IndexName,
  nonTransactionalKind,
} from './migration/statement-rules.ts';
import { findRepeatRefusal, isRepeated } from './repeat.ts';
import type { Schema } from './schema.ts';
import { parseSql, type SqlStatement, SqlSyntaxError } from './sql-parse.ts';

export { findDestruction, type TableName } from './migration/destruction.ts';
export {
  checksum,
  DOWN_FOLDER,
  isUnwritten,
  MAX_MIGRATION_BYTES,
  MIGRATIONS_FOLDER,
  type MigrationFile,
  type MigrationFolder,
  migrationName,
  nextVersion,
  normalise,
  parseMigrationFiles,
  parseMigrationFolder,
  UNWRITTEN_DOWN,
} from './migration/files.ts';
export type { ConcurrentIndex, IndexName } from './migration/statement-rules.ts';
export { findDeviation, renderSum, SUM_FILE } from './migration/sum.ts';

const MAX_MIGRATION_STATEMENTS = 20_000;

/** A migration whose statements have all been found harmless to the runner. */
export interface JudgedMigration extends MigrationFile {
  readonly statements: readonly SqlStatement[];
  /** False for the few statements that PostgreSQL does not run in a transaction; then there is only one. */
  readonly transactional: boolean;
  /** Its one statement is run again and again, each time on its own, until it changes no row: see `REPEAT_MARK`. */
  readonly repeats: boolean;
  /** The index that such a statement makes or drops concurrently: what an interrupted run looks up in the catalog. */
  readonly makesIndex: ConcurrentIndex | null;
  readonly dropsIndex: IndexName | null;
}

/** How the journal and the files agree about one migration. */
export interface MigrationStatusRow {
  readonly version: string;
  readonly name: string;
  readonly state: 'applied' | 'pending' | 'changed' | 'missing';
  /** Unix seconds; null when it was not applied yet. */
  readonly appliedAt: number | null;
  /** There is a file that takes it back. */
  readonly hasDown: boolean;
}

/** A short sum of one statement: enough to say later which one of a file was edited. */
export function statementSum(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}

/**
 * The first migration of a project: its whole schema, and what the backend keeps for itself. The same schema and time
 * give the same file.
 */
export function initialMigration(schema: Schema, createdAt: number): { path: string; content: string } {
  return {
    path: `${MIGRATIONS_FOLDER}/${migrationVersion(createdAt)}_initial.sql`,
    content: normalise(renderDdl(schema) + (schema.tables.length > 0 ? `\n${backendDdl(schema)}` : '')),
  };
}

/** `migrations/20260131093000_add_tags.sql:12`, whatever folder the caller's keys have. */
export function describePlace(file: MigrationFile, line: number): string {
  const folder = file.isDown ? `${MIGRATIONS_FOLDER}/${DOWN_FOLDER}` : MIGRATIONS_FOLDER;
  return `${folder}/${file.version}_${file.name}.sql:${line}`;
}

/** The first lines of a statement, for a message. */
export function excerpt(statement: string): string {
  const lines = statement.slice(0, 400).split('\n');
  const shown = lines.slice(0, 4).map((line) => `  ${line}`);
  return shown.join('\n') + (lines.length > 4 || statement.length > 400 ? '\n  …' : '');
}

function syntaxError(file: MigrationFile, error: SqlSyntaxError): TurboError {
  const place = describePlace(file, error.line);
  const details = { file: file.path, line: error.line };
  if (error.near.startsWith('\\')) {
    const message = `${place}: ${error.near.trim()} is a command of psql, not SQL.`;
    return new TurboError('migration.refused', message, { hint: 'Write what it does as SQL.', details, cause: error });
  }
  const message = `${place}: ${error.message}${error.near ? `\n  ${error.near}` : ''}`;
  return new TurboError('migration.invalid', message, { hint: 'Correct the SQL.', details, cause: error });
}

/**
 * Judges a migration with PostgreSQL's own parser, before any of it runs. Throws `migration.invalid` for SQL that does
 * not parse, and `migration.refused`, with file, line and statement, for what would take the transaction, the role or
 * the search path out of the runner's hands, reach beyond the project's database, or cannot share a transaction but is
 * not alone in its file.
 */
export async function judgeMigration(file: MigrationFile): Promise<JudgedMigration> {
  const statements = await parseSql(file.sql).catch((error: unknown) => {
    throw error instanceof SqlSyntaxError ? syntaxError(file, error) : error;
  });
  if (statements.length > MAX_MIGRATION_STATEMENTS) {
    const message = `${file.path} has ${statements.length} statements; ${MAX_MIGRATION_STATEMENTS} are the limit.`;
    throw new TurboError('migration.invalid', message, { hint: 'Split it into several migrations.' });
  }
  const repeats = isRepeated(file.sql);
  const odd = repeats ? findRepeatRefusal(statements.map(({ kind }) => kind)) : null;
  if (odd !== null) {
    const hint = 'Nothing was run. Change the file, then run turbobackend migrate up.';
    throw new TurboError('migration.refused', `${describePlace(file, 1)}: ${odd}.`, {
      hint,
      details: { file: file.path },
    });
  }
  let transactional = !repeats;
  for (const statement of statements) {
    const outside = nonTransactionalKind(statement);
    const reason =
      findRefusal(statement) ??
      (outside && statements.length > 1 ? `${outside} runs outside a transaction and must be alone in its file` : null);
    if (reason !== null) {
      const message = `${describePlace(file, statement.line)}: ${reason}.\n${excerpt(statement.text)}`;
      throw new TurboError('migration.refused', message, {
        hint: 'Nothing was run. Change the file, then run turbobackend migrate up.',
        details: { file: file.path, line: statement.line, statement: statement.text.slice(0, 400) },
      });
    }
    if (outside) transactional = false;
  }
  const alone = transactional ? undefined : statements[0];
  return {
    ...file,
    statements,
    transactional,
    repeats,
    makesIndex: alone ? concurrentIndex(alone) : null,
    dropsIndex: alone ? droppedIndex(alone) : null,
  };
}
