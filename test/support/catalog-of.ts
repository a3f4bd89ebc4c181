import type { Catalog } from '../../src/domain/catalog.ts';
import { readCatalog } from '../../src/operations/read-catalog.ts';
import type { SqlSession } from '../../src/ports/sql.ts';

/** What a script leaves behind in an empty database; it is rolled back afterwards. */
export async function readCatalogAfter(session: SqlSession, script: string): Promise<Catalog> {
  await session.query('BEGIN');
  try {
    await session.query(script);
    return await readCatalog(session);
  } finally {
    await session.query('ROLLBACK');
  }
}
