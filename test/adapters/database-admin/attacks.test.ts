import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { type DatabaseNames, databaseNames, type Login, type LoginRole } from '../../../src/domain/database.ts';
import { isTurboError } from '../../../src/domain/errors.ts';
import { identifier } from '../../../src/domain/identifier.ts';
import { openLogin } from '../../../src/operations/open-login.ts';
import { provision } from '../../../src/operations/provision.ts';
import { SqlError } from '../../../src/ports/sql.ts';
import { asAdmin, borrowMetadata, provisioningServices, releaseMetadata } from '../../support/provisioning.ts';

/**
 * The attack matrix of RELIABILITY 5.4, tried with each login of a project whose password has leaked. An attack counts
 * as a success when the server carries it out; those PostgreSQL cannot forbid are named as residues.
 */
const server = inject('cluster');
const metadata = borrowMetadata();
const services = provisioningServices(server, metadata);
const mine = services.ids.projectId();
const theirs = services.ids.projectId();
const own: DatabaseNames = databaseNames(mine);
const other: DatabaseNames = databaseNames(theirs);
const bystander = `tb_attack_${randomBytes(6).toString('hex')}`;

beforeAll(async () => {
  for (const projectId of [mine, theirs]) {
    await provision({ projectId, env: 'dev' }, services);
    const session = await services.sql.connect(await openLogin(projectId, 'dev', 'mig', services));
    await session.query("CREATE TABLE notes (id int PRIMARY KEY, body text); INSERT INTO notes VALUES (1, 'precious')");
    await session.close();
  }
  await asAdmin(server, 'postgres', (query) => query(`CREATE ROLE ${bystander} NOLOGIN`));
});
afterAll(async () => {
  await asAdmin(server, 'postgres', (query) => query(`DROP ROLE ${bystander}`));
  await releaseMetadata(server, metadata, services);
});

const elsewhere: [string, string][] = [
  ['connect to another project', other.database],
  ['connect to the maintenance database', 'postgres'],
  ['sit in template1', 'template1'],
  ['sit in template0', 'template0'],
  ['connect to the metadata', metadata.metadataDatabase],
];

/** Statements; `residue` names who may all the same, and why that is accepted. */
const attacks: [string, { sql: string; residue?: Partial<Record<LoginRole, string>> }][] = [
  // Other projects and the cluster
  ['measure another database', { sql: `SELECT pg_database_size('${other.database}')` }],
  ['take another project`s role', { sql: `SET ROLE ${identifier(other.app)}` }],
  ['become another session user', { sql: `SET SESSION AUTHORIZATION ${identifier(other.app)}` }],
  ['become the administrator', { sql: `SET SESSION AUTHORIZATION ${identifier(server.user)}` }],
  ['set the administrator`s role', { sql: `SET ROLE ${identifier(server.user)}` }],
  ['change another`s password', { sql: `ALTER ROLE ${identifier(other.app)} PASSWORD 'x'` }],
  ['drop another`s role', { sql: `DROP ROLE ${identifier(other.ro)}` }],
  ['drop another database', { sql: `DROP DATABASE ${identifier(other.database)} WITH (FORCE)` }],
  ['join another project', { sql: `GRANT ${identifier(other.group)} TO ${identifier(own.app)}` }],
  ['read passwords', { sql: 'SELECT rolpassword FROM pg_catalog.pg_authid' }],
  ['read pg_shadow', { sql: 'SELECT passwd FROM pg_catalog.pg_shadow' }],
  ['make a role', { sql: `CREATE ROLE ${bystander}_2` }],
  ['make a database', { sql: `CREATE DATABASE ${bystander}_2` }],
  ['give itself powers', { sql: 'SET ROLE NONE; ALTER ROLE CURRENT_USER SUPERUSER' }],
  ['lift its connection limit', { sql: 'SET ROLE NONE; ALTER ROLE CURRENT_USER CONNECTION LIMIT -1' }],
  [
    'end other sessions',
    { sql: `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '${server.user}'` },
  ],
  ['change the server', { sql: "ALTER SYSTEM SET work_mem = '1GB'" }],
  ['reload the server', { sql: 'SELECT pg_reload_conf()' }],
  ['reset statistics', { sql: 'SELECT pg_stat_reset()' }],
  ['force a checkpoint', { sql: 'CHECKPOINT' }],
  ['switch the write-ahead log', { sql: 'SELECT pg_switch_wal()' }],
  ['take a replication slot', { sql: `SELECT pg_create_physical_replication_slot('${bystander}')` }],
  ['skip triggers and keys', { sql: 'SET session_replication_role = replica' }],
  ['lift the temporary file limit', { sql: "SET temp_file_limit = '-1'" }],
  ['keep the temporary file limit lifted', { sql: 'SET ROLE NONE; ALTER ROLE CURRENT_USER SET temp_file_limit = -1' }],
  // The machine
  ['read a file', { sql: "SELECT pg_read_file('/etc/passwd')" }],
  ['list a folder', { sql: "SELECT pg_ls_dir('/')" }],
  ['copy from a file', { sql: "COPY app.notes FROM '/etc/passwd'" }],
  ['copy to a file', { sql: "COPY app.notes TO '/tmp/tb-attack'" }],
  ['run a program', { sql: "COPY app.notes TO PROGRAM 'true'" }],
  ['import a file as large object', { sql: "SELECT lo_import('/etc/passwd')" }],
  ['load a library', { sql: "LOAD '/tmp/tb-attack.so'" }],
  ['preload a library', { sql: "SET session_preload_libraries = 'x'" }],
  ['install an untrusted extension', { sql: 'CREATE EXTENSION dblink SCHEMA app' }],
  ['make a foreign server', { sql: `CREATE SERVER ${bystander} FOREIGN DATA WRAPPER postgres_fdw` }],
  ['make a subscription', { sql: `CREATE SUBSCRIPTION s CONNECTION 'host=127.0.0.1' PUBLICATION p` }],
  ['make a function in C', { sql: "CREATE FUNCTION app.c() RETURNS int LANGUAGE c AS 'libc', 'abort'" }],
  ['make an event trigger', { sql: 'CREATE EVENT TRIGGER e ON ddl_command_end EXECUTE FUNCTION app.nothing()' }],
  ['run a block of code', { sql: "DO $$ BEGIN RAISE NOTICE 'hello'; END $$" }],
  ['fill the disk with large objects', { sql: "SELECT lo_from_bytea(0, 'x')" }],
  ['make an empty large object', { sql: 'SELECT lo_create(0)' }],
  // The project`s own database
  ['drop its own database', { sql: `DROP DATABASE ${identifier(own.database)} WITH (FORCE)` }],
  ['rename its own database', { sql: `ALTER DATABASE ${identifier(own.database)} RENAME TO stolen` }],
  ['give its own database away', { sql: `ALTER DATABASE ${identifier(own.database)} OWNER TO ${bystander}` }],
  ['give its role away', { sql: `GRANT ${identifier(own.owner)} TO ${bystander}` }],
  ['close its own database', { sql: `ALTER DATABASE ${identifier(own.database)} ALLOW_CONNECTIONS false` }],
  ['make a temporary table', { sql: 'CREATE TEMPORARY TABLE t (id int)', residue: { mig: 'M1 it owns the database' } }],
  ['make a table', { sql: 'CREATE TABLE app.t (id int)', residue: { mig: 'M1' } }],
  ['make a schema', { sql: 'CREATE SCHEMA s', residue: { mig: 'M1' } }],
  ['alter a table', { sql: 'ALTER TABLE app.notes ADD COLUMN c int', residue: { mig: 'M1' } }],
  ['drop a table', { sql: 'DROP TABLE app.notes', residue: { mig: 'M1' } }],
  ['empty a table', { sql: 'TRUNCATE app.notes', residue: { mig: 'M1' } }],
  ['make a function', { sql: 'CREATE FUNCTION app.f() RETURNS int RETURN 1', residue: { mig: 'M1' } }],
  ['install a trusted extension', { sql: 'CREATE EXTENSION hstore SCHEMA app', residue: { mig: 'M1' } }],
  ['read the journal of migrations', { sql: 'CREATE TABLE tb.journal ()', residue: { mig: 'M1' } }],
  ['write rows', { sql: "INSERT INTO app.notes VALUES (2, 'x')", residue: { mig: 'M1', app: 'its work' } }],
  ['act as the owner', { sql: `SET ROLE ${identifier(own.owner)}`, residue: { mig: 'M1' } }],
  [
    'open its own database to others',
    // For those without the right this is a notice, not an error: what counts is the outcome.
    {
      sql: `GRANT CONNECT ON DATABASE ${identifier(own.database)} TO ${bystander};
        SELECT 1 / has_database_privilege('${bystander}', '${own.database}', 'connect')::int`,
      residue: { mig: 'M2 found by V8 and provision; pg_hba still refuses' },
    },
  ],
  // Residues of 5.4: allowed by PostgreSQL to everybody
  [
    'list databases and roles',
    { sql: 'SELECT datname FROM pg_catalog.pg_database', residue: { mig: 'R1', app: 'R1', ro: 'R1' } },
  ],
  [
    'change its own password',
    { sql: "SET ROLE NONE; ALTER ROLE CURRENT_USER PASSWORD 'x'", residue: { mig: 'R2', app: 'R2', ro: 'R2' } },
  ],
  [
    'change its own settings',
    { sql: 'SET ROLE NONE; ALTER ROLE CURRENT_USER SET work_mem = 64', residue: { mig: 'R3', app: 'R3', ro: 'R3' } },
  ],
  ['lift its own statement timeout', { sql: 'SET statement_timeout = 0', residue: { mig: 'R4', app: 'R4', ro: 'R4' } }],
  ['ask for much memory', { sql: "SET work_mem = '8GB'", residue: { mig: 'R5', app: 'R5', ro: 'R5' } }],
  ['hold an advisory lock', { sql: 'SELECT pg_advisory_lock(1)', residue: { mig: 'R6', app: 'R6', ro: 'R6' } }],
];

async function succeeds(login: Login, sql: string): Promise<boolean> {
  const session = await services.sql.connect(login);
  try {
    // Read-only by default is a hint and no wall: an attacker switches it off first.
    await session.query('SET default_transaction_read_only = off');
    // Rolled back, so that one attack does not pave the way for the next; DDL of databases runs in no transaction.
    const alone = /^(CREATE|DROP|ALTER) DATABASE|^ALTER SYSTEM|^CHECKPOINT|^CREATE SUBSCRIPTION/.test(sql);
    if (!alone) await session.query('BEGIN');
    await session.query(sql);
    await session.query('ROLLBACK');
    return true;
  } catch (error) {
    if (error instanceof SqlError && !['42601', '3D000', '08006'].includes(error.state)) return false;
    throw error;
  } finally {
    await session.close();
  }
}

test.each(['app', 'mig', 'ro'] as const)(
  'with the password of _%s nobody gets further than the named residues',
  async (role) => {
    const login = await openLogin(mine, 'dev', role, services);
    const succeeded: Record<string, boolean> = {};
    const expected: Record<string, boolean> = {};
    for (const [name, { sql, residue }] of attacks) {
      succeeded[name] = await succeeds(login, sql);
      expected[name] = residue?.[role] !== undefined;
    }
    for (const [name, database] of elsewhere) {
      const attempt = services.sql.connect({ ...login, database });
      const error = await attempt.catch((thrown: unknown) => thrown);
      succeeded[name] = !isTurboError(error, 'cluster.denied');
      expected[name] = false;
    }
    expect(succeeded).toEqual(expected);
    expect(Object.keys(succeeded).length).toBeGreaterThanOrEqual(65);
  },
);

test('the second barrier holds alone: no role of a project has the right to connect elsewhere', async () => {
  const rows = await asAdmin(server, 'postgres', (query) =>
    query(
      `SELECT r.rolname, d.datname FROM pg_roles r, pg_database d
       WHERE r.rolname LIKE $1 AND d.datname = ANY ($2) AND d.datname <> $3
         AND has_database_privilege(r.oid, d.oid, 'connect, temporary')`,
      [
        `${own.database}%`,
        [own.database, ...elsewhere.map(([, name]) => name)].filter((n) => n !== 'template0'),
        own.database,
      ],
    ),
  );
  expect(rows).toEqual([]);
});

test('one login cannot take the slots of the others', async () => {
  const login = await openLogin(theirs, 'dev', 'ro', services);
  const sessions = await Promise.all(Array.from({ length: 3 }, () => services.sql.connect(login)));
  const { default: pg } = await import('pg');
  const fourth = new pg.Client({ ...login });
  fourth.on('error', () => {});
  await expect(fourth.connect()).rejects.toMatchObject({ code: '53300' });
  const app = await services.sql.connect(await openLogin(theirs, 'dev', 'app', services));
  await Promise.all([...sessions, app].map((session) => session.close()));
});

test('a sort that does not fit is stopped, not the disk', async () => {
  const session = await services.sql.connect(await openLogin(mine, 'dev', 'app', services));
  await session.query("SET work_mem = '64kB'; SET statement_timeout = 0");
  const bomb = session.query(
    "SELECT n FROM (SELECT repeat('x', 4000) || n AS n FROM generate_series(1, 1e9::int) n) s ORDER BY n",
  );
  await expect(bomb).rejects.toMatchObject({ state: '53400' });
  await session.close();
});
