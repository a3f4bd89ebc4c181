import { createHash } from 'node:crypto';
import { backendDdl } from './backend-tables.ts';
import { renderDdl } from './ddl.ts';
import { TurboError } from './errors.ts';
import {
  type ConcurrentIndex,
  concurrentIndex,
  droppedIndex,
  findRefusal,
  type IndexName,
  nonTransactionalKind,
} from './migration/statement-rules.ts';
import type { Schema } from './schema.ts';
import { parseSql, type SqlStatement, SqlSyntaxError } from './sql-parse.ts';

export { findDestruction } from './migration/destruction.ts';
export type { ConcurrentIndex, IndexName } from './migration/statement-rules.ts';

/** Folder of the migration files in a project. */
export const MIGRATIONS_FOLDER = 'migrations';

/** A file is parsed as a whole: 2 MB cost about 200 MB of memory (measured); larger data belongs into a restore. */
export const MAX_MIGRATION_BYTES = 2 * 1024 * 1024;
const MAX_MIGRATION_STATEMENTS = 20_000;

const FILE_NAME = /^(\d{14})_([a-z0-9_]+)\.sql$/;
const HINT_NAMES = 'Names look like 20260131093000_add_tags.sql: 14 digits of UTC time, then lower-case words.';

/** One migration file, read but not yet judged. */
export interface MigrationFile {
  /** Its key in the tree, for messages and results. */
  readonly path: string;
  /** 14 digits: year to second, in UTC. Decides the order. */
  readonly version: string;
  readonly name: string;
  /** Normalised; see `normalise`. */
  readonly sql: string;
  /** `sha256:` and 64 hexadecimal digits. */
  readonly checksum: string;
}

/** A migration whose statements have all been found harmless to the runner. */
export interface JudgedMigration extends MigrationFile {
  readonly statements: readonly SqlStatement[];
  /** False for the few statements that PostgreSQL does not run in a transaction; then there is only one. */
  readonly transactional: boolean;
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
}

/**
 * The text of a file as its checksum sees it: without byte order mark, with line feeds only, without blanks at the ends
 * of lines and with one line feed at the end. So git settings and editors change nothing.
 */
export function normalise(sql: string): string {
  const lines = sql
    .replace(/^\ufeff/, '')
    .replace(/\r\n?/g, '\n')
    .split('\n');
  return `${lines
    .map((line) => line.replace(/[ \t]+$/, ''))
    .join('\n')
    .replace(/\n+$/, '')}\n`;
}

/** `sha256:…` over the normalised text in UTF-8. */
export function checksum(sql: string): string {
  return `sha256:${createHash('sha256').update(normalise(sql)).digest('hex')}`;
}

/** A short sum of one statement: enough to say later which one of a file was edited. */
export function statementSum(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}

/** 14 digits of UTC time for unix seconds; the version of a migration made then. */
function migrationVersion(createdAt: number): string {
  return new Date(createdAt * 1000).toISOString().replace(/\D/g, '').slice(0, 14);
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

function invalid(message: string, hint: string): TurboError {
  return new TurboError('migration.invalid', message, { hint });
}

/**
 * Reads the content of a migrations folder (name, with or without the folder before it → text), in the order of the
 * versions. Throws `migration.invalid` for a file with another kind of name (skipping one silently would be worse), two
 * with one version, and one that is too large or holds a NUL or bidirectional control characters.
 */
export function parseMigrationFiles(tree: Readonly<Record<string, string>>): readonly MigrationFile[] {
  const files = Object.entries(tree).map(([path, content]): MigrationFile => {
    const base = path.startsWith(`${MIGRATIONS_FOLDER}/`) ? path.slice(MIGRATIONS_FOLDER.length + 1) : path;
    const [, version, name] = FILE_NAME.exec(base) ?? [];
    if (version === undefined || name === undefined) {
      throw invalid(`${JSON.stringify(path)} is not the name of a migration.`, HINT_NAMES);
    }
    if (Buffer.byteLength(content) > MAX_MIGRATION_BYTES) {
      throw invalid(`${path} is larger than ${MAX_MIGRATION_BYTES} bytes.`, 'Split it into several migrations.');
    }
    // biome-ignore lint/suspicious/noControlCharactersInRegex: finding them is the purpose
    if (/[\u0000\u202a-\u202e\u2066-\u2069]/.test(content)) {
      const message = `${path} contains a NUL or bidirectional control characters: it would not do what it shows.`;
      throw invalid(message, 'Remove them.');
    }
    return { path, version, name, sql: normalise(content), checksum: checksum(content) };
  });
  files.sort((a, b) => (a.path < b.path ? -1 : 1)).sort((a, b) => Number(a.version) - Number(b.version));
  for (const [index, file] of files.entries()) {
    const twin = files[index + 1];
    if (twin?.version === file.version) {
      throw invalid(`${file.path} and ${twin.path} have the same version.`, 'Rename one of them to a later second.');
    }
  }
  return files;
}

/** `migrations/20260131093000_add_tags.sql:12`, whatever folder the caller's keys have. */
export function describePlace(file: MigrationFile, line: number): string {
  return `${MIGRATIONS_FOLDER}/${file.version}_${file.name}.sql:${line}`;
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
    throw invalid(message, 'Split it into several migrations.');
  }
  let transactional = true;
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
    makesIndex: alone ? concurrentIndex(alone) : null,
    dropsIndex: alone ? droppedIndex(alone) : null,
  };
}
