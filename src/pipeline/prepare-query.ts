import { queryHint } from '../domain/query-hint.ts';
import type { Schema } from '../domain/schema.ts';
import { SqlError, type SqlSession } from '../ports/sql.ts';

/** What a server says of a query when it is prepared: its types, or why it does not take it and what would mend it. */
export type PreparedQuery =
  | { readonly parameterTypes: readonly string[]; readonly columnTypes: readonly string[] }
  | { readonly problem: string };

/** Prepares and explains a query in a session of the backend's own login. Runs nothing, and leaves nothing behind. */
export async function prepareQuery(text: string, schema: Schema, app: SqlSession): Promise<PreparedQuery> {
  try {
    await app.query('BEGIN READ ONLY');
    await app.query(`PREPARE tb_proposed AS ${text}`);
    const { rows } = await app.query(
      `SELECT array_to_json(parameter_types::text[]) AS parameters, array_to_json(result_types::text[]) AS results
       FROM pg_catalog.pg_prepared_statements WHERE name = 'tb_proposed'`,
    );
    await app.query(`EXPLAIN (GENERIC_PLAN) ${text}`);
    const texts = (value: unknown) => (Array.isArray(value) ? value.map(String) : []);
    return { parameterTypes: texts(rows[0]?.parameters), columnTypes: texts(rows[0]?.results) };
  } catch (error) {
    if (error instanceof SqlError) return { problem: problemOf(error, text, schema) };
    throw error;
  } finally {
    await app.query('ROLLBACK');
    await app.query('DEALLOCATE ALL');
  }
}

function problemOf(error: SqlError, text: string, schema: Schema): string {
  const { state, message, cause } = error;
  const hasDetail = typeof cause === 'object' && cause !== null && 'detail' in cause;
  const detail = hasDetail && typeof cause.detail === 'string' ? cause.detail : '';
  const said = `PostgreSQL says: ${message}${detail === '' ? '' : `: ${detail}`} (${state})`;
  const hint = queryHint({ state, message, detail }, text, schema);
  return hint === null ? said : `${said}; ${hint}`;
}
