import type { TablePlace } from '../domain/column-places.ts';
import { APP_SCHEMA } from '../domain/database.ts';
import type { SqlSession } from '../ports/sql.ts';

const PLACES = `SELECT c.relname AS table, c.oid::text AS oid, a.attname AS column, a.attnum::int AS number
  FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
  WHERE c.relnamespace = pg_catalog.to_regnamespace($1) AND c.relkind IN ('r', 'p')
  ORDER BY 1, 4`;

/** Where the tables and columns of a project lie right now, as the session sees them. */
export async function readPlaces(session: SqlSession): Promise<readonly TablePlace[]> {
  const { rows } = await session.query(PLACES, [APP_SCHEMA]);
  const tables = new Map<string, TablePlace & { columns: { name: string; number: number }[] }>();
  for (const { table, oid, column, number } of rows) {
    const name = String(table);
    const found = tables.get(name) ?? { name, oid: String(oid), columns: [] };
    found.columns.push({ name: String(column), number: Number(number) });
    tables.set(name, found);
  }
  return [...tables.values()];
}
