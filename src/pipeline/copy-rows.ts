import type { Catalog, CatalogTable } from '../domain/catalog.ts';
import { identifier } from '../domain/identifier.ts';
import type { SqlSession } from '../ports/sql.ts';

/** Copied in one statement each; a row of ours has some kilobytes at most. */
const BATCH = 5000;

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
 * Copies all rows of a database into another with the same tables (`catalog` is of the latter), which has none: as they were at one moment, through
 * the connections of both owners. References stand aside meanwhile, so that circles need no order.
 */
export async function copyRows(catalog: Catalog, from: SqlSession, to: SqlSession): Promise<void> {
  const references = catalog.tables.flatMap(({ name, constraints }) =>
    constraints
      .filter(({ kind }) => kind === 'foreign')
      .map((constraint) => ({
        table: identifier(name),
        title: identifier(constraint.name),
        rule: constraint.definition,
      })),
  );
  await from.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
  await to.query('BEGIN');
  try {
    for (const { table, title } of references) await to.query(`ALTER TABLE ${table} DROP CONSTRAINT ${title}`);
    for (const table of catalog.tables) {
      await copyTable(table, from, to);
    }
    for (const { table, title, rule } of references)
      await to.query(`ALTER TABLE ${table} ADD CONSTRAINT ${title} ${rule}`);
    await to.query('COMMIT');
  } catch (error) {
    await to.query('ROLLBACK');
    throw error;
  } finally {
    await from.query('ROLLBACK');
  }
}

/** As PostgreSQL writes rows as text, and reads them again: exactly, whatever their types are. */
async function copyTable({ name, columns }: CatalogTable, from: SqlSession, to: SqlSession): Promise<void> {
  const table = identifier(name);
  const written = columns.filter(({ generated }) => generated === null).map((column) => identifier(column.name));
  if (written.length === 0) return;
  const cells = columns.map(({ name: title, generated }) => (generated === null ? identifier(title) : 'NULL'));
  await from.query(`DECLARE rows_to_copy CURSOR FOR SELECT ROW(${cells.join(', ')})::text AS cells FROM ${table}`);
  for (;;) {
    const { rows } = await from.query(`FETCH ${BATCH} FROM rows_to_copy`);
    if (rows.length === 0) break;
    await to.query(
      `INSERT INTO ${table} (${written.join(', ')}) OVERRIDING SYSTEM VALUE
       SELECT ${written.map((column) => `(copied.cells).${column}`).join(', ')}
       FROM (SELECT cells::${table} AS cells FROM unnest($1::text[]) AS cells OFFSET 0) AS copied`,
      [rows.map(({ cells: text }) => String(text))],
    );
  }
  await from.query('CLOSE rows_to_copy');
}
