import { APP_SCHEMA } from '../../domain/database.ts';
import { identifier } from '../../domain/identifier.ts';
import { REPORTS_POLICY } from '../../domain/policies.ts';
import { SqlError, type SqlSession } from '../../ports/sql.ts';

const HAS_BEEN_MADE = '42710';
const IS_GONE = '42P01';

/**
 * Lets the login for reports read every row of tables with row-level security: it is nobody's account, and their
 * policies would hide all from it. Migrations cannot say so, as they do not know its name. Repeating it changes nothing.
 */
export async function openForReports(session: SqlSession, reader: string): Promise<void> {
  const { rows } = await session.query(
    `SELECT c.relname AS name FROM pg_catalog.pg_class c
     WHERE c.relnamespace = pg_catalog.to_regnamespace($1) AND c.relkind IN ('r', 'p') AND c.relrowsecurity
       AND NOT EXISTS (SELECT FROM pg_catalog.pg_policy p WHERE p.polrelid = c.oid AND p.polname = $2)
     ORDER BY 1`,
    [APP_SCHEMA, REPORTS_POLICY],
  );
  for (const { name } of rows) {
    const table = `${identifier(APP_SCHEMA)}.${identifier(String(name))}`;
    try {
      await session.query(
        `CREATE POLICY ${REPORTS_POLICY} ON ${table} FOR SELECT TO ${identifier(reader)} USING (true)`,
      );
    } catch (error) {
      // Another run may have been quicker.
      if (!(error instanceof SqlError) || ![HAS_BEEN_MADE, IS_GONE].includes(error.state)) throw error;
    }
  }
}
