import { identifier } from '../../domain/identifier.ts';
import type { ConcurrentIndex, IndexName, JudgedMigration } from '../../domain/migration.ts';
import { SqlError, type SqlSession } from '../../ports/sql.ts';
import { explainFailure, isLostConnection } from './failure.ts';
import { deleteRow, finishRow, insertRow, setStatus } from './journal.ts';
import type { MigrationLimits, RunServices } from './run-file.ts';

/** Duplicates shown when a unique index cannot be made. */
const SHOWN_DUPLICATES = 5;

const qualified = ({ schema, name }: IndexName): string => `${identifier(schema)}.${identifier(name)}`;

/** What an interrupted statement left: nothing, a whole index, or one that PostgreSQL keeps up but does not use. */
async function indexState(session: SqlSession, index: IndexName): Promise<'absent' | 'valid' | 'invalid'> {
  const { rows } = await session.query(
    `SELECT i.indisvalid AND i.indisready AND i.indislive AS usable
     FROM pg_catalog.pg_class c
     JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     JOIN pg_catalog.pg_index i ON i.indexrelid = c.oid
     WHERE n.nspname = $1 AND c.relname = $2`,
    [index.schema, index.name],
  );
  const [row] = rows;
  if (!row) return 'absent';
  return row.usable === true ? 'valid' : 'invalid';
}

async function dropInvalid(session: SqlSession, index: IndexName): Promise<void> {
  if ((await indexState(session, index)) === 'invalid') {
    await session.query(`DROP INDEX CONCURRENTLY ${qualified(index)}`);
  }
}

/** Half-made copies that an interrupted REINDEX CONCURRENTLY leaves behind. */
async function dropReindexLeftovers(session: SqlSession): Promise<void> {
  const { rows } = await session.query(
    `SELECT n.nspname AS schema, c.relname AS name
     FROM pg_catalog.pg_index i
     JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
     JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     WHERE NOT i.indisvalid AND c.relname ~ '_cc(new|old)[0-9]*$' AND n.nspname !~ '^pg_'`,
  );
  for (const { schema, name } of rows) await dropInvalid(session, { schema: String(schema), name: String(name) });
}

/** The interrupted attempt got to its end: nothing is left to do. */
async function isDoneAlready(session: SqlSession, file: JudgedMigration): Promise<boolean> {
  if (file.makesIndex) return (await indexState(session, file.makesIndex)) === 'valid';
  return file.dropsIndex !== null && (await indexState(session, file.dropsIndex)) === 'absent';
}

/** The values that stand in the way of a unique index, with how often each is there. */
async function listDuplicates(session: SqlSession, index: ConcurrentIndex | null): Promise<readonly string[]> {
  if (!index?.plainColumns || index.columns.length === 0) return [];
  const columns = index.columns.map(identifier);
  const { rows } = await session.query(
    `SELECT left(concat_ws(', ', ${columns.map((column) => `${column}::text`).join(', ')}), 60) AS value, count(*) AS times
     FROM ${identifier(index.schema)}.${identifier(index.table)}
     WHERE ${columns.map((column) => `${column} IS NOT NULL`).join(' AND ')}
     GROUP BY ${columns.join(', ')} HAVING count(*) > 1 ORDER BY count(*) DESC, 1 LIMIT ${SHOWN_DUPLICATES}`,
  );
  return rows.map(({ value, times }) => `${JSON.stringify(value)} (${String(times)} times)`);
}

/** Nothing has happened, as far as the journal knows; a way back that only got half way stays begun. */
async function cleanUp(file: JudgedMigration, session: SqlSession): Promise<void> {
  await session.query('RESET statement_timeout');
  if (file.makesIndex) await dropInvalid(session, file.makesIndex);
  if (!file.isDown) await deleteRow(session, file.version);
  else if (file.dropsIndex === null || (await indexState(session, file.dropsIndex)) === 'valid') {
    await setStatus(session, file.version, 'applied');
  }
}

/** Once, or until it finds nothing to change; each time is a transaction of its own, so a cut run only has less to do. */
async function run(text: string, repeats: boolean, session: SqlSession): Promise<void> {
  for (;;) {
    const { rowCount } = await session.query(text);
    if (!repeats || rowCount === 0) return;
  }
}

async function begin(file: JudgedMigration, session: SqlSession, toolVersion: string | null): Promise<void> {
  if (file.isDown) await setStatus(session, file.version, 'running');
  else await insertRow(session, file, { status: 'running', appliedAt: null, toolVersion });
}

/**
 * Runs a file whose one statement does not run in a transaction, forth or back. A `running` row is committed before it;
 * a later run that finds the row looks into the catalog for what really happened, takes a half-made index away and does
 * it again. Gives its milliseconds. Throws `migration.failed`, leaving no invalid index that it made, and no row, behind.
 */
export async function runAlone(
  file: JudgedMigration,
  session: SqlSession,
  services: RunServices,
  order: { readonly limits: MigrationLimits; readonly resumed: boolean },
): Promise<number> {
  const [statement] = file.statements;
  const { clock } = services;
  const startedAt = clock.elapsedMs();
  if (!order.resumed) await begin(file, session, services.toolVersion ?? null);
  const finish = async (): Promise<number> => {
    const ms = clock.elapsedMs() - startedAt;
    if (file.isDown) await deleteRow(session, file.version);
    else await finishRow(session, file.version, clock.now(), ms);
    return ms;
  };
  if (!statement || (order.resumed && (await isDoneAlready(session, file)))) return finish();
  const index = file.makesIndex;
  try {
    if (index) await dropInvalid(session, index);
    if (order.resumed && statement.kind === 'ReindexStmt') await dropReindexLeftovers(session);
    await session.query(`SET statement_timeout = ${order.limits.statementTimeoutMs}`);
    await run(statement.text, file.repeats, session);
  } catch (error) {
    if (isLostConnection(error)) throw explainFailure(error, file, statement);
    const isDuplicate = error instanceof SqlError && error.state === '23505';
    const duplicates = isDuplicate ? await listDuplicates(session, index) : [];
    await cleanUp(file, session);
    const note = duplicates.length > 0 ? { note: `Duplicates: ${duplicates.join(', ')}`, details: { duplicates } } : {};
    throw explainFailure(error, file, statement, note);
  }
  return finish();
}

/**
 * What became of a statement that was begun and whose runner is gone: `done`, or `undone`, with everything taken away
 * that it left half made.
 */
export async function settle(file: JudgedMigration, session: SqlSession): Promise<'done' | 'undone'> {
  if (await isDoneAlready(session, file)) return 'done';
  if (file.makesIndex) await dropInvalid(session, file.makesIndex);
  if (file.statements[0]?.kind === 'ReindexStmt') await dropReindexLeftovers(session);
  return 'undone';
}
