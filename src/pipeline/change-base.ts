import { type Catalog, compareCatalogs, type Difference } from '../domain/catalog.ts';
import { schemaOfCatalog } from '../domain/catalog-schema.ts';
import { APP_SCHEMA } from '../domain/database.ts';
import { initialMigration } from '../domain/migration.ts';
import type { Schema } from '../domain/schema.ts';
import { findProblems, parseSchema } from '../domain/schema-rules.ts';
import { readCatalog } from '../operations/read-catalog.ts';
import type { SqlSession } from '../ports/sql.ts';

/** Where a change starts: the schema of a database, and how far the database agrees with it. */
export interface ChangeBase {
  readonly schema: Schema;
  readonly fresh: Catalog;
  /** What a fresh database of the schema has otherwise, names included. */
  readonly differences: readonly Difference[];
  /** What no schema can say; it is left alone. */
  readonly beyond: readonly string[];
}

/** What a fresh database of a schema holds, tried in a transaction that is taken back. The database is one's own. */
export async function freshCatalog(schema: Schema, scratch: SqlSession): Promise<Catalog> {
  await scratch.query(`BEGIN; DROP SCHEMA ${APP_SCHEMA} CASCADE; CREATE SCHEMA ${APP_SCHEMA}`);
  try {
    await scratch.query(initialMigration(schema, 0).content);
    return await readCatalog(scratch);
  } finally {
    await scratch.query('ROLLBACK');
  }
}

/**
 * The schema behind a catalog: one of those that are known, when it makes exactly this database, otherwise the one the
 * catalog tells, with what it cannot tell from the nearest of them.
 */
export async function findBase(found: Catalog, known: readonly unknown[], scratch: SqlSession): Promise<ChangeBase> {
  let nearest: ChangeBase | null = null;
  for (const candidate of known) {
    if (findProblems(candidate).length > 0) continue;
    const schema = parseSchema(candidate);
    const fresh = await freshCatalog(schema, scratch);
    const differences = compareCatalogs(found, fresh, { names: true });
    if (differences.length === 0) return { schema, fresh, differences, beyond: [] };
    if (nearest === null || differences.length < nearest.differences.length) {
      nearest = { schema, fresh, differences, beyond: [] };
    }
  }
  const hint: Schema = nearest?.schema ?? { version: 1, tables: [], enums: [], accounts: null };
  const { schema, beyond } = schemaOfCatalog(found, hint);
  const fresh = await freshCatalog(schema, scratch);
  return { schema, fresh, differences: compareCatalogs(found, fresh, { names: true }), beyond };
}
