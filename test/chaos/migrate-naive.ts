import { postgresSql } from '../../src/adapters/sql/postgres/postgres-sql.ts';
import type { Login } from '../../src/domain/database.ts';
import { isRepeated } from '../../src/domain/repeat.ts';

/** The control: what one writes first. Run the file, then write down that it was run. */
export async function migrateNaively(files: Readonly<Record<string, string>>, login: Login): Promise<void> {
  const session = await postgresSql().connect(login);
  try {
    await session.query(
      'CREATE TABLE IF NOT EXISTS tb.schema_migrations (version text PRIMARY KEY, name text, status text)',
    );
    for (const [path, sql] of Object.entries(files).sort()) {
      const version = path.slice(0, 14);
      if (!/^\d{14}/.test(version)) continue;
      const known = await session.query('SELECT FROM tb.schema_migrations WHERE version = $1', [version]);
      if (known.rowCount > 0) continue;
      for (const statement of sql.split(';\n')) {
        const times = isRepeated(statement) ? Number.POSITIVE_INFINITY : 1;
        for (let time = 0; time < times && (await session.query(statement)).rowCount > 0; time += 1);
      }
      const name = path.slice(15, -4);
      await session.query("INSERT INTO tb.schema_migrations VALUES ($1, $2, 'applied')", [version, name]);
    }
  } finally {
    await session.close();
  }
}
