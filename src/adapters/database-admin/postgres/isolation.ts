import { z } from 'zod';
import type { Login } from '../../../domain/database.ts';
import type { IsolationFinding } from '../../../ports/database-admin.ts';
import { type Sql, SqlError, type SqlSession } from '../../../ports/sql.ts';
import { CLUSTER_CHECKS, DATABASE_CHECKS, type IsolationCheck } from './isolation-checks.ts';

/** Reads the catalogue and can do nothing else, whatever it meets there. */
const READER_SETTINGS = {
  search_path: 'pg_catalog',
  role: 'none',
  default_transaction_read_only: 'on',
  statement_timeout: '30s',
  lock_timeout: '5s',
};

/** Databases looked into at once. */
const CONCURRENCY = 4;

interface Reader {
  readonly sql: Sql;
  readonly connect: (database: string) => Login | Promise<Login>;
  readonly maintenanceDatabase: string;
}

/**
 * Runs the checklist over the cluster and over every database that is ours: one of our name whose owner carries our
 * tag. A stranger's database of such a name is a finding itself (V6) and is not entered.
 */
export async function checkIsolation(reader: Reader): Promise<readonly IsolationFinding[]> {
  const { findings, databases, superuser } = await checkCluster(reader);
  const queue = [...databases];
  const worker = async (): Promise<IsolationFinding[]> => {
    const found: IsolationFinding[] = [];
    for (let database = queue.shift(); database !== undefined; database = queue.shift()) {
      found.push(...(await checkDatabase(reader, database, superuser)));
    }
    return found;
  };
  const inside = await Promise.all(Array.from({ length: CONCURRENCY }, worker));
  return [...findings, ...inside.flat()].sort((a, b) => compare(a.check, b.check) || compare(a.object, b.object));
}

const compare = (a: string, b: string): number => a.localeCompare(b, 'en', { numeric: true });

const OWN_DATABASES = `
  SELECT d.datname::text AS name FROM pg_database d JOIN pg_roles o ON o.oid = d.datdba
  WHERE d.datname ~ '^turbobackend_proj_' AND d.datallowconn AND d.datconnlimit <> -2
    -- Another administrator's projects are that administrator's to check.
    AND has_database_privilege(d.oid, 'connect') AND o.rolname = d.datname || '_own' AND shobj_description(o.oid, 'pg_authid') ~ '^turbobackend:'
  ORDER BY d.datname`;

async function checkCluster(reader: Reader) {
  const session = await open(reader, reader.maintenanceDatabase);
  try {
    const grade = await session.query('SELECT rolsuper AS superuser FROM pg_roles WHERE rolname = current_user');
    const superuser = grade.rows[0]?.superuser === true;
    const findings = await run(session, CLUSTER_CHECKS, superuser, (object) => object);
    const { rows } = await session.query(OWN_DATABASES);
    const databases = z.array(z.object({ name: z.string() })).parse(rows);
    return { findings, superuser, databases: databases.map(({ name }) => name) };
  } finally {
    await session.close();
  }
}

async function checkDatabase(reader: Reader, database: string, superuser: boolean): Promise<IsolationFinding[]> {
  let session: SqlSession;
  try {
    session = await open(reader, database);
  } catch (error) {
    // Taken away, or closed for that, since the list was read.
    if (error instanceof SqlError && ['3D000', '55000'].includes(error.state)) return [];
    throw error;
  }
  try {
    return await run(session, DATABASE_CHECKS, superuser, (object) => `${database}: ${object}`);
  } catch (error) {
    if (error instanceof SqlError && error.state === '57P01') return [];
    throw error;
  } finally {
    await session.close();
  }
}

const open = async (reader: Reader, database: string) =>
  reader.sql.connect(await reader.connect(database), READER_SETTINGS);

/** All checks in one round trip: the number of projects may be large. */
async function run(
  session: SqlSession,
  checks: readonly IsolationCheck[],
  superuser: boolean,
  describe: (object: string) => string,
): Promise<IsolationFinding[]> {
  const parts = checks
    .filter((check) => superuser || !check.superuser)
    .map((check) => `SELECT '${check.id}' AS check, object FROM (${check.sql}) AS found`);
  const { rows } = await session.query(parts.join('\nUNION ALL\n'));
  return z
    .array(z.object({ check: z.string(), object: z.string() }))
    .parse(rows)
    .map(({ check, object }) => ({ check, object: describe(object) }));
}
