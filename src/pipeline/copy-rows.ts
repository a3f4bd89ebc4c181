import type { Catalog, CatalogConstraint, CatalogTable } from '../domain/catalog.ts';
import { identifier } from '../domain/identifier.ts';
import { SqlError, type SqlSession } from '../ports/sql.ts';
import { EXACT_TEXTS } from './save-rows.ts';

/** How many rows a database has, all tables together; counted, not estimated. */
export async function countRows(catalog: Catalog, session: SqlSession): Promise<number> {
  let total = 0;
  for (const { name } of catalog.tables) {
    const { rows } = await session.query(`SELECT count(*)::text AS n FROM ONLY ${identifier(name)}`);
    total += Number(rows[0]?.n ?? 0);
  }
  return total;
}

/**
 * Copies all rows of a database into another with the same tables (`catalog` is of the latter), which has none: as they
 * were at one moment, through the connections of both owners, as PostgreSQL writes and reads them itself. References
 * stand aside meanwhile, so that circles need no order, and so do indexes: made at once over all rows they take half the
 * time. Throws the reason of an aborted `signal`; then there are none.
 */
export async function copyRows(
  catalog: Catalog,
  from: SqlSession,
  to: SqlSession,
  signal?: AbortSignal,
): Promise<void> {
  await from.query(`BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; ${EXACT_TEXTS}`);
  await to.query(`BEGIN; ${EXACT_TEXTS}`);
  try {
    const references = referencesOf(catalog);
    for (const { drop } of references) await to.query(drop);
    const indexes = await setAside(indexesOf(catalog, await plainTables(to)), to);
    const forced = await forcedTables(to);
    for (const name of forced) await to.query(`ALTER TABLE ${identifier(name)} NO FORCE ROW LEVEL SECURITY`);
    for (const table of catalog.tables) await copyTable(table, from, to, signal);
    for (const name of forced) await to.query(`ALTER TABLE ${identifier(name)} FORCE ROW LEVEL SECURITY`);
    for (const { make } of [...indexes, ...references]) {
      signal?.throwIfAborted();
      await to.query(make);
    }
    await to.query('COMMIT');
  } catch (error) {
    // Whichever failed has no session any more, perhaps.
    await to.query('ROLLBACK').catch(() => {});
    throw error;
  } finally {
    await from.query('ROLLBACK').catch(() => {});
  }
}

/** Something that rows do not need while they come. */
interface Aside {
  readonly drop: string;
  readonly make: string;
}

function referencesOf({ tables }: Catalog): readonly Aside[] {
  return tables.flatMap(({ name, constraints }) =>
    constraints.filter(({ kind }) => kind === 'foreign').map((constraint) => constraintAside(name, constraint)),
  );
}

/** With those behind keys. Of partitions none: theirs hang together. */
function indexesOf({ tables }: Catalog, plain: ReadonlySet<string>): readonly Aside[] {
  return tables
    .filter(({ name }) => plain.has(name))
    .flatMap(({ name, constraints, indexes }) => [
      ...constraints
        .filter(({ kind }) => kind === 'primary' || kind === 'unique')
        .map((constraint) => constraintAside(name, constraint)),
      ...indexes
        .filter(({ valid }) => valid)
        .map(({ name: title, unique, definition }) => ({
          drop: `DROP INDEX ${identifier(title)}`,
          make: `CREATE ${unique ? 'UNIQUE ' : ''}INDEX ${identifier(title)} ON ${identifier(name)} ${definition}`,
        })),
    ]);
}

function constraintAside(table: string, { name, definition }: CatalogConstraint): Aside {
  const alter = `ALTER TABLE ${identifier(table)}`;
  return {
    drop: `${alter} DROP CONSTRAINT ${identifier(name)}`,
    make: `${alter} ADD CONSTRAINT ${identifier(name)} ${definition}`,
  };
}

/** Gives those that went; what something else depends on, a view that groups by a key say, stays. */
async function setAside(wanted: readonly Aside[], session: SqlSession): Promise<readonly Aside[]> {
  const gone: Aside[] = [];
  for (const aside of wanted) {
    await session.query('SAVEPOINT aside');
    try {
      await session.query(aside.drop);
      gone.push(aside);
    } catch (error) {
      if (!(error instanceof SqlError) || error.state !== DEPENDENT_OBJECTS) throw error;
      await session.query('ROLLBACK TO SAVEPOINT aside');
    }
    await session.query('RELEASE SAVEPOINT aside');
  }
  return gone;
}

/** SQLSTATE `dependent_objects_still_exist` (manual, appendix A). */
const DEPENDENT_OBJECTS = '2BP01';

async function plainTables(session: SqlSession): Promise<ReadonlySet<string>> {
  const { rows } = await session.query(
    `SELECT relname AS name FROM pg_catalog.pg_class
     WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r' AND NOT relispartition`,
  );
  return new Set(rows.map(({ name }) => String(name)));
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
  await to.copyIn(`${table} (${titles})`, until(signal, from.copyOut(`SELECT ${titles} FROM ONLY ${table}`).pieces));
}

async function* until(signal: AbortSignal | undefined, pieces: AsyncIterable<string>): AsyncIterable<string> {
  for await (const piece of pieces) {
    signal?.throwIfAborted();
    yield piece;
  }
}
