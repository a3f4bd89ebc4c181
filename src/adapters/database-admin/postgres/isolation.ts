import { z } from 'zod';
import type { Login } from '../../../domain/database.ts';
import { isTurboError } from '../../../domain/errors.ts';
import type { IsolationFinding } from '../../../ports/database-admin.ts';
import { type Sql, SqlError, type SqlSession } from '../../../ports/sql.ts';
import { CLUSTER_CHECKS, DATABASE_CHECKS, type IsolationCheck } from './isolation-checks.ts';
import { type Powers, readPowers } from './isolation-limits.ts';

/** Reads the catalogue and can do nothing else, whatever it meets there. */
export const READER_SETTINGS = {
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
  /** A session of the administrator outside of all projects. */
  readonly open: () => Promise<SqlSession>;
  readonly loginFor: (databaseName: string) => Promise<Login | null>;
}

/**
 * Runs the checklist over the cluster as administrator, and over every database that is ours as its own reading login.
 * Ours is one of our name whose owner carries our tag; a stranger's database of such a name is a finding itself (V6)
 * and is not entered.
 */
export async function checkIsolation(reader: Reader): Promise<readonly IsolationFinding[]> {
  const { findings, databases, powers } = await checkCluster(reader);
  const queue = [...databases];
  const worker = async (): Promise<IsolationFinding[]> => {
    const found: IsolationFinding[] = [];
    for (let database = queue.shift(); database !== undefined; database = queue.shift()) {
      found.push(...(await checkDatabase(reader, database, powers)));
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
  const session = await reader.open();
  try {
    const powers = await readPowers(session);
    const findings = await run(session, CLUSTER_CHECKS, powers, (object) => object);
    const { rows } = await session.query(OWN_DATABASES);
    const databases = z.array(z.object({ name: z.string() })).parse(rows);
    return { findings, powers, databases: databases.map(({ name }) => name) };
  } finally {
    await session.close();
  }
}

/** What a database that is gone, closed for that, or just taken away answers: there is nothing left to check. */
const GONE = ['3D000', '55000', '57P01'];

async function checkDatabase(reader: Reader, database: string, powers: Powers): Promise<IsolationFinding[]> {
  const unchecked = (why: string): IsolationFinding[] => [
    { check: 'D', object: `${database}: not looked into: ${why}`, unchecked: true },
  ];
  try {
    const login = await reader.loginFor(database);
    if (!login) return unchecked('no login of it is known here.');
    const session = await reader.sql.connect({ ...login, database }, READER_SETTINGS);
    try {
      return await run(session, DATABASE_CHECKS, powers, (object) => `${database}: ${object}`);
    } finally {
      await session.close();
    }
  } catch (error) {
    if (error instanceof SqlError && GONE.includes(error.state)) return [];
    // One that is full, locked or shut against us must not keep the others from being looked into.
    if (error instanceof SqlError || isTurboError(error)) return unchecked(error.message);
    throw error;
  }
}

/** All checks in one round trip: the number of projects may be large. */
async function run(
  session: SqlSession,
  checks: readonly IsolationCheck[],
  powers: Powers,
  describe: (object: string) => string,
): Promise<IsolationFinding[]> {
  const parts = checks
    .filter(({ needs }) => !needs || needs(powers))
    .map((check) => `SELECT '${check.id}' AS check, object FROM (${check.sql}) AS found`);
  const { rows } = await session.query(parts.join('\nUNION ALL\n'));
  return z
    .array(z.object({ check: z.string(), object: z.string() }))
    .parse(rows)
    .map(({ check, object }) => ({ check, object: describe(object) }));
}
