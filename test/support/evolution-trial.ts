import { performance } from 'node:perf_hooks';
import { postgresSql } from '../../src/adapters/sql/postgres/postgres-sql.ts';
import { type Catalog, compareCatalogs } from '../../src/domain/catalog.ts';
import { diffSchemas, NO_RENAMES, renderSteps } from '../../src/domain/diff.ts';
import { fingerprintQueries } from '../../src/domain/fingerprints.ts';
import { initialMigration } from '../../src/domain/migration.ts';
import type { Schema } from '../../src/domain/schema.ts';
import { parseSql } from '../../src/domain/sql-parse.ts';
import { readCatalog } from '../../src/operations/read-catalog.ts';
import { fillTables } from '../../src/phases/prove-statements/fill-tables.ts';
import type { SqlSession } from '../../src/ports/sql.ts';
import type { Evolution } from './evolution.ts';

export interface TrialServer {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
}

/** How a change went. `refused` is told before anything was changed, `wrong` is anything that should not be. */
export interface Outcome {
  readonly kind: 'converged' | 'refused' | 'wrong';
  readonly reason: string;
  /** Planning and applying. */
  readonly ms: number;
  readonly rows: number;
}

let count = 0;

/** Empty databases on a server, each gone after its work. */
export async function withDatabase<T>(
  server: TrialServer,
  work: (session: SqlSession, name: string) => Promise<T>,
  template?: string,
): Promise<T> {
  count += 1;
  const name = `evolution_${process.pid}_${count}`;
  const login = (database: string) => ({
    host: server.host,
    port: server.port,
    user: server.user,
    password: server.password,
    database,
  });
  const admin = await postgresSql().connect(login('postgres'));
  try {
    await admin.query(`CREATE DATABASE ${name} TEMPLATE ${template ?? 'template0'}`);
    await admin.query(`ALTER DATABASE ${name} SET search_path = app, pg_catalog`);
    const session = await postgresSql().connect(login(name));
    try {
      if (template === undefined) await session.query('CREATE SCHEMA app');
      return await work(session, name);
    } finally {
      await session.close();
    }
  } finally {
    await admin.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    await admin.close();
  }
}

const scriptOf = (schema: Schema): string => initialMigration(schema, 0).content;

/** What a fresh database of a schema holds; `session` is of any empty one. */
async function freshCatalog(schema: Schema, session: SqlSession): Promise<Catalog> {
  await session.query('BEGIN');
  try {
    await session.query(scriptOf(schema));
    return await readCatalog(session);
  } finally {
    await session.query('ROLLBACK');
  }
}

/** A database of a schema with some rows in each table. */
export async function fillFresh(schema: Schema, session: SqlSession, rows: number): Promise<void> {
  await session.query(scriptOf(schema));
  await fillTables(schema, session, rows);
}

/** What must not change: the rows of each table, and a hash of each column that both schemas have as it is. */
export async function fingerprints(
  { before, after, options }: Evolution,
  side: 'before' | 'after',
  session: SqlSession,
): Promise<Readonly<Record<string, string>>> {
  const found: Record<string, string> = {};
  for (const query of fingerprintQueries(before, after, options.renames ?? NO_RENAMES)) {
    found[query.table] = String((await session.query(query[side])).rows[0]?.print);
  }
  return found;
}

async function applyAlone(script: string, isRepeated: boolean, session: SqlSession): Promise<void> {
  for (;;) {
    const { rowCount } = await session.query(script);
    if (!isRepeated || rowCount === 0) return;
  }
}

async function applyScript(script: string, session: SqlSession): Promise<void> {
  await session.query('BEGIN');
  try {
    for (const { text } of await parseSql(script)) {
      try {
        await session.query(text);
      } catch (error) {
        throw new Error(`${error instanceof Error ? error.message : String(error)} in: ${text}`);
      }
    }
    await session.query('COMMIT');
  } catch (error) {
    await session.query('ROLLBACK');
    throw error;
  }
}

function unlike(title: string, one: Catalog, other: Catalog): string | null {
  const found = compareCatalogs(one, other, { names: true });
  const [first] = found;
  return first ? `${title}: ${found.length} differences, first ${JSON.stringify(first)}` : null;
}

function changed(
  title: string,
  one: Readonly<Record<string, string>>,
  other: Readonly<Record<string, string>>,
): string | null {
  const table = Object.keys(one).find((name) => one[name] !== other[name]);
  return table === undefined ? null : `${title}: ${table} had ${one[table]}, has ${other[table]}`;
}

/** Whether a change does what it says on a database with rows, and is taken back again. `empty` is another database. */
export async function tryEvolution(evolution: Evolution, session: SqlSession, empty: SqlSession): Promise<Outcome> {
  const { before, after, options } = evolution;
  let ms = 0;
  const outcome = (kind: Outcome['kind'], reason: string, rows = 0): Outcome => ({ kind, reason, ms, rows });
  const { rows: total } = await session.query(`SELECT coalesce(sum(n_live_tup), 0)::int AS n FROM pg_stat_user_tables`);
  const startedAt = performance.now();
  const segments = diffSchemas(before, after, options);
  for (const { what, sql } of segments
    .flatMap(({ up }) => up)
    .flatMap(({ obstacles, losses }) =>
      [...obstacles, ...losses.map((loss) => ({ ...loss, isLoss: true }))].filter((item) => !('isLoss' in item)),
    )) {
    const { rows } = await session.query(sql);
    const found = Number(rows[0]?.n ?? 0);
    if (found > 0) return outcome('refused', `${found} ${what}`);
  }
  // Losses are only told; their queries must work all the same.
  for (const { sql } of segments.flatMap(({ up }) => up).flatMap(({ losses }) => losses)) await session.query(sql);
  ms += performance.now() - startedAt;
  const prints = await fingerprints(evolution, 'before', session);
  const wanted = await freshCatalog(after, empty);
  const former = await readCatalog(session);
  let text = '';
  try {
    const applying = performance.now();
    for (const { up, alone } of segments) {
      text = renderSteps(up);
      if (alone === undefined) await applyScript(text, session);
      else await applyAlone(text, alone === 'repeated', session);
    }
    ms += performance.now() - applying;
    const wrong =
      unlike('up', await readCatalog(session), wanted) ??
      changed('rows after up', prints, await fingerprints(evolution, 'after', session));
    if (wrong !== null) return outcome('wrong', `${wrong}\n${segments.map(({ up }) => renderSteps(up)).join('\n')}`);
    for (const { down, alone } of [...segments].reverse()) {
      text = renderSteps(down);
      if (alone === undefined) await applyScript(text, session);
      else await applyAlone(text, false, session);
    }
    const back =
      unlike('down', await readCatalog(session), former) ??
      changed('rows after down', prints, await fingerprints(evolution, 'before', session));
    if (back !== null) return outcome('wrong', `${back}\n${text}`);
  } catch (error) {
    return outcome('wrong', `${error instanceof Error ? error.message : String(error)}\n${text}`);
  }
  return outcome('converged', '', Number(total[0]?.n ?? 0));
}
