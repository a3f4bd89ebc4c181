import type { Catalog, CatalogTable } from '../domain/catalog.ts';
import { identifier } from '../domain/identifier.ts';
import type { SqlSession } from '../ports/sql.ts';
import { EXACT_TEXTS } from './save-rows.ts';

/** How many rows a database has, all tables together; counted, not estimated. */
export async function countRows(catalog: Catalog, session: SqlSession): Promise<number> {
  let total = 0;
  for (const { name } of catalog.tables) {
    const { rows } = await session.query(`SELECT count(*)::text AS n FROM ${identifier(name)}`);
    total += Number(rows[0]?.n ?? 0);
  }
  return total;
}

/**
 * Copies all rows of a database into another with the same tables (`catalog` is of the latter), which has none: as they
 * were at one moment, through the connections of both owners, as PostgreSQL writes and reads them itself. References
 * stand aside meanwhile, so that circles need no order. Throws the reason of an aborted `signal`; then there are none.
 */
export async function copyRows(
  catalog: Catalog,
  from: SqlSession,
  to: SqlSession,
  signal?: AbortSignal,
): Promise<void> {
  const references = catalog.tables.flatMap(({ name, constraints }) =>
    constraints
      .filter(({ kind }) => kind === 'foreign')
      .map((constraint) => ({
        table: identifier(name),
        title: identifier(constraint.name),
        rule: constraint.definition,
      })),
  );
  await from.query(`BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; ${EXACT_TEXTS}`);
  await to.query(`BEGIN; ${EXACT_TEXTS}`);
  try {
    for (const { table, title } of references) await to.query(`ALTER TABLE ${table} DROP CONSTRAINT ${title}`);
    const forced = await forcedTables(to);
    for (const name of forced) await to.query(`ALTER TABLE ${identifier(name)} NO FORCE ROW LEVEL SECURITY`);
    for (const table of catalog.tables) await copyTable(table, from, to, signal);
    for (const name of forced) await to.query(`ALTER TABLE ${identifier(name)} FORCE ROW LEVEL SECURITY`);
    for (const { table, title, rule } of references)
      await to.query(`ALTER TABLE ${table} ADD CONSTRAINT ${title} ${rule}`);
    await to.query('COMMIT');
  } catch (error) {
    // Whichever failed has no session any more, perhaps.
    await to.query('ROLLBACK').catch(() => {});
    throw error;
  } finally {
    await from.query('ROLLBACK').catch(() => {});
  }
}

/** Tables whose owner their policies hold for, too: COPY refuses to fill them. */
async function forcedTables(session: SqlSession): Promise<readonly string[]> {
  const { rows } = await session.query(
    `SELECT relname AS name FROM pg_catalog.pg_class
     WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p') AND relforcerowsecurity`,
  );
  return rows.map(({ name }) => String(name));
}

async function copyTable(
  { name, columns }: CatalogTable,
  from: SqlSession,
  to: SqlSession,
  signal: AbortSignal | undefined,
): Promise<void> {
  const table = identifier(name);
  const written = columns.filter(({ generated }) => generated === null).map((column) => identifier(column.name));
  if (written.length === 0) return;
  const titles = written.join(', ');
  await to.copyIn(`${table} (${titles})`, until(signal, from.copyOut(`SELECT ${titles} FROM ${table}`).pieces));
}

async function* until(signal: AbortSignal | undefined, pieces: AsyncIterable<string>): AsyncIterable<string> {
  for await (const piece of pieces) {
    signal?.throwIfAborted();
    yield piece;
  }
}
