import { TurboError } from '../../domain/errors.ts';
import { describePlace, excerpt, type MigrationFile } from '../../domain/migration.ts';
import { lineAt, offsetOfCharacter, type SqlStatement } from '../../domain/sql-parse.ts';
import { SqlError } from '../../ports/sql.ts';

/** The connection is gone, or the server is going down. What was open is rolled back by the server. */
export function isLostConnection(error: unknown): boolean {
  return error instanceof SqlError && (error.state.startsWith('08') || error.state.startsWith('57P'));
}

/** Somebody else holds what the statement needs; another try may succeed. */
export function isContention(error: unknown): boolean {
  return error instanceof SqlError && (error.state === '55P03' || error.state === '40P01');
}

/** A failed migration in the words of people: file, line, reason, statement. Other errors come back as they are. */
export function explainFailure(
  error: unknown,
  file: MigrationFile,
  statement: SqlStatement | null,
  more: { readonly note?: string; readonly details?: Readonly<Record<string, unknown>> } = {},
): unknown {
  if (!(error instanceof SqlError)) return error;
  if (isLostConnection(error)) {
    return new TurboError('cluster.unreachable', `The connection to PostgreSQL was lost during ${file.path}.`, {
      hint: `Run turbobackend migrate ${file.isDown ? 'down' : 'up'} again: it goes on where this stopped.`,
      cause: error,
      details: { file: file.path, state: error.state },
    });
  }
  const offset = statement && error.position ? offsetOfCharacter(statement.text, error.position - 1) : 0;
  const line = statement ? statement.line + lineAt(statement.text, offset) - 1 : 1;
  const place = statement ? describePlace(file, line) : `${file.path} (at its COMMIT)`;
  const note = more.note ? `\n${more.note}` : '';
  const text = statement ? `\n${excerpt(statement.text)}` : '';
  return new TurboError('migration.failed', `${place}: ${error.message} (${error.state})${note}${text}`, {
    hint: `Nothing of this file was applied. Correct it, then run turbobackend migrate ${file.isDown ? 'down' : 'up'}.`,
    cause: error,
    details: {
      file: file.path,
      line,
      state: error.state,
      ...(statement ? { statement: statement.text.slice(0, 400) } : {}),
      ...more.details,
    },
  });
}

/** A failure of the runner's own statements, outside any file. Other errors come back as they are. */
export function explainJournalFailure(error: unknown): unknown {
  if (!(error instanceof SqlError)) return error;
  const details = { state: error.state };
  if (isLostConnection(error)) {
    return new TurboError('cluster.unreachable', 'The connection to PostgreSQL was lost between two migrations.', {
      hint: 'Run the same command again: it goes on where this stopped.',
      cause: error,
      details,
    });
  }
  const message = `The journal of migrations cannot be used: ${error.message} (${error.state})`;
  return new TurboError('migration.failed', message, { hint: 'turbobackend provision', cause: error, details });
}
