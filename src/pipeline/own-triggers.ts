import type { CatalogTable } from '../domain/catalog.ts';
import { APP_SCHEMA } from '../domain/database.ts';
import { identifier } from '../domain/identifier.ts';
import type { SqlSession } from '../ports/sql.ts';

/** A trigger that somebody wrote, and that fires. */
interface OwnTrigger {
  readonly table: string;
  readonly name: string;
}

/** Lets the triggers of these tables rest; only those that fire as usual, so that the others stay as they are. */
export async function disableTriggers(
  tables: readonly CatalogTable[],
  session: SqlSession,
): Promise<readonly OwnTrigger[]> {
  const { rows } = await session.query(
    `SELECT c.relname AS table, t.tgname AS name FROM pg_catalog.pg_trigger t
     JOIN pg_catalog.pg_class c ON c.oid = t.tgrelid
     WHERE c.relnamespace = pg_catalog.to_regnamespace($1) AND NOT t.tgisinternal AND t.tgenabled = 'O'
       AND c.relname = ANY ($2::text[])`,
    [APP_SCHEMA, tables.map(({ name }) => name)],
  );
  const found = rows.map(({ table, name }) => ({ table: String(table), name: String(name) }));
  await each(found, 'DISABLE', session);
  return found;
}

export function enableTriggers(triggers: readonly OwnTrigger[], session: SqlSession): Promise<void> {
  return each(triggers, 'ENABLE', session);
}

async function each(triggers: readonly OwnTrigger[], what: 'DISABLE' | 'ENABLE', session: SqlSession): Promise<void> {
  for (const { table, name } of triggers) {
    await session.query(`ALTER TABLE ${identifier(table)} ${what} TRIGGER ${identifier(name)}`);
  }
}
