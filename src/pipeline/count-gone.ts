import type { Gone } from '../domain/column-places.ts';
import { APP_SCHEMA } from '../domain/database.ts';
import { identifier } from '../domain/identifier.ts';
import type { SqlSession } from '../ports/sql.ts';

/** A table or column that goes, by its name (`tags`, `posts.title`), and how many rows or values were written into it. */
export interface Going {
  readonly what: string;
  readonly rows: number;
}

/** Counts what was written: rows of tables, and in columns the values other than what rows are given by themselves. */
export async function countGone({ tables, columns }: Gone, session: SqlSession): Promise<readonly Going[]> {
  const found: Going[] = [];
  const count = async (what: string, sql: string) => {
    const { rows } = await session.query(`SELECT count(*)::text AS n FROM ${sql}`);
    found.push({ what, rows: Number(rows[0]?.n ?? 0) });
  };
  for (const name of tables) await count(name, identifier(name));
  for (const { table, columns: names } of columns) {
    for (const name of names) {
      const [column, usual] = [identifier(name), await constantDefault(table, name, session)];
      const isOwn = usual === null ? `${column} IS NOT NULL` : `${column} IS DISTINCT FROM (${usual})`;
      await count(`${table}.${name}`, `${identifier(table)} WHERE ${isOwn}`);
    }
  }
  return found;
}

/** As PostgreSQL spells it, when it is the same for every row. */
async function constantDefault(table: string, column: string, session: SqlSession): Promise<string | null> {
  const { rows } = await session.query(
    `SELECT pg_catalog.pg_get_expr(d.adbin, d.adrelid) AS text FROM pg_catalog.pg_attrdef d
     JOIN pg_catalog.pg_class c ON c.oid = d.adrelid
     JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = d.adnum
     WHERE c.relnamespace = pg_catalog.to_regnamespace($1) AND c.relname = $2 AND a.attname = $3
       AND a.attgenerated = ''`,
    [APP_SCHEMA, table, column],
  );
  const text = rows[0]?.text;
  return typeof text === 'string' && /^('(?:[^']|'')*'(::[\w .()]+)?|-?[\d.]+|true|false)$/.test(text) ? text : null;
}
