import { randomBytes } from 'node:crypto';
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { embeddedCluster } from '../../../src/adapters/cluster/embedded/embedded-cluster.ts';
import { CLUSTER_CHECKS, DATABASE_CHECKS } from '../../../src/adapters/database-admin/postgres/isolation-checks.ts';
import { postgresDatabaseAdmin } from '../../../src/adapters/database-admin/postgres/postgres-database-admin.ts';
import { type DatabaseNames, databaseNames } from '../../../src/domain/database.ts';
import { deprovision } from '../../../src/operations/deprovision.ts';
import { openLogin } from '../../../src/operations/open-login.ts';
import { provision } from '../../../src/operations/provision.ts';
import { readerLogins } from '../../../src/operations/reader-logins.ts';
import {
  asAdmin,
  borrowMetadata,
  provisioningServices,
  type Query,
  releaseMetadata,
  withSession,
} from '../../support/provisioning.ts';
import { borrowHome } from '../cluster/borrow-home.ts';

const server = inject('cluster');
const metadata = borrowMetadata();
const services = provisioningServices(server, metadata);
const mark = `tb_iso_${randomBytes(6).toString('hex')}`;

beforeAll(async () => {
  await services.state.listDatabases();
});
afterAll(() => releaseMetadata(server, metadata, services));

async function newProject(): Promise<DatabaseNames> {
  const projectId = services.ids.projectId();
  await provision({ projectId, env: 'dev' }, services);
  return databaseNames(projectId);
}

/** What the checks found about these names; other tests have objects in the same cluster. */
async function findingsAbout(...names: string[]): Promise<string[]> {
  const found = await services.databases.checkIsolation(readerLogins(services));
  return found.filter(({ object }) => names.some((name) => object.includes(name))).map((f) => `${f.check} ${f.object}`);
}

const findingsOf = async (check: string) =>
  (await services.databases.checkIsolation(readerLogins(services))).filter((found) => found.check === check);

async function checksAbout(name: string): Promise<string[]> {
  return [...new Set((await findingsAbout(name)).map((finding) => finding.split(' ')[0] ?? ''))];
}

/** Does the damage; the check must then find something that was not `known`. Gives what is known now. */
async function expectFound(
  check: string,
  own: DatabaseNames,
  known: readonly string[],
  name: string,
  damage: () => Promise<unknown>,
): Promise<readonly string[]> {
  await damage();
  const found = await findingsAbout(own.database);
  const fresh = found.filter((finding) => !known.includes(finding));
  expect(
    fresh.map((finding) => finding.split(' ')[0]),
    name,
  ).toContain(check);
  return found;
}

const heal = (own: DatabaseNames) =>
  provision({ projectId: own.database.slice('turbobackend_proj_'.length), env: 'dev' }, services);

type Damage = (query: Query, own: DatabaseNames, other: DatabaseNames) => Promise<unknown>;

const clusterDamages: [string, Damage][] = [
  ['V1', (query, own) => query(`GRANT TEMPORARY ON DATABASE ${own.database} TO PUBLIC`)],
  ['V3', (query, own) => query(`ALTER ROLE ${own.app} CREATEROLE`)],
  ['V3', (query, own) => query(`ALTER ROLE ${own.mig} REPLICATION`)],
  ['V3', (query, own) => query(`ALTER ROLE ${own.ro} BYPASSRLS`)],
  ['V4', (query, own) => query(`ALTER ROLE ${own.ro} CONNECTION LIMIT -1`)],
  ['V4', (query, own) => query(`ALTER ROLE ${own.owner} LOGIN CONNECTION LIMIT 1 PASSWORD 'x'`)],
  ['V4', (query, own) => query(`ALTER DATABASE ${own.database} CONNECTION LIMIT -1`)],
  ['V5', (query, own, other) => query(`GRANT ${other.group} TO ${own.app}`)],
  ['V5', (query, own) => query(`GRANT pg_read_server_files TO ${own.app}`)],
  ['V5', (query, own) => query(`GRANT ${own.group} TO ${own.app} WITH ADMIN TRUE`)],
  ['V5', (query, own) => query(`GRANT ${own.owner} TO ${own.mig} WITH INHERIT TRUE`)],
  ['V6', (query, own) => query(`ALTER DATABASE ${own.database} ALLOW_CONNECTIONS false`)],
  ['V6', (query, own) => query(`ALTER DATABASE ${own.database} IS_TEMPLATE true`)],
  ['V7', (query, own) => query(`ALTER ROLE ${own.app} PASSWORD NULL`)],
  ['V7', (query, own) => query(`SET password_encryption = 'md5'; ALTER ROLE ${own.ro} PASSWORD 'weak'`)],
  ['V8', (query, own, other) => query(`GRANT CONNECT ON DATABASE ${own.database} TO ${other.app}`)],
  ['V9', (query, own) => query(`ALTER ROLE ${own.app} IN DATABASE ${own.database} RESET temp_file_limit`)],
];

test('every damage to the cluster side is found by the check meant for it, and repaired by provision', async () => {
  const own = await newProject();
  const other = await newProject();
  let known: readonly string[] = await findingsAbout(own.database, other.database);
  expect(known).toEqual([]);
  for (const [check, damage] of clusterDamages) {
    known = await expectFound(check, own, known, String(damage), () =>
      asAdmin(server, 'postgres', (query) => damage(query, own, other)),
    );
  }
  await heal(own);
  expect(await findingsAbout(own.database)).toEqual([]);
});

test('a half-dropped database is found', async () => {
  const own = await newProject();
  await asAdmin(server, 'postgres', (query) =>
    query('UPDATE pg_database SET datconnlimit = -2 WHERE datname = $1', [own.database]),
  );
  expect(await checksAbout(own.database)).toEqual(['V6']);
  await heal(own);
  expect(await findingsAbout(own.database)).toEqual([]);
});

test('a database in the trash that somebody opened is found', async () => {
  const own = await newProject();
  const order = { projectId: own.database.slice('turbobackend_proj_'.length), env: 'dev' } as const;
  const trash = (await deprovision({ ...order, purge: false }, services)).trash ?? '';
  expect(await findingsAbout(own.database, trash)).toEqual([]);
  await asAdmin(server, 'postgres', (query) => query(`ALTER DATABASE ${trash} ALLOW_CONNECTIONS true`));
  expect(await findingsAbout(own.database, trash)).toEqual([`V6 ${trash} is open`]);
  await deprovision({ ...order, purge: true }, services);
});

test('a database of our name with a stranger as owner is found, and not entered', async () => {
  const name = `turbobackend_proj_${services.ids.projectId()}`;
  await asAdmin(server, 'postgres', async (query) => {
    await query(`CREATE DATABASE ${name}`);
    try {
      expect(await checksAbout(name)).toEqual(['V1', 'V4', 'V6']);
    } finally {
      await query(`DROP DATABASE ${name} WITH (FORCE)`);
    }
  });
});

test('any other database that is open to everybody is found', async () => {
  await asAdmin(server, 'postgres', async (query) => {
    await query(`CREATE DATABASE ${mark}`);
    try {
      expect(await checksAbout(mark)).toEqual(['V2']);
      await query(`REVOKE ALL ON DATABASE ${mark} FROM PUBLIC`);
      expect(await checksAbout(mark)).toEqual([]);
    } finally {
      await query(`DROP DATABASE ${mark} WITH (FORCE)`);
    }
  });
});

/** Each is found, whatever comes before it: a person may well move the line. */
const OPEN_DOORS = [
  `host ${mark} ${mark} 127.0.0.1/32 trust`,
  `host ${mark} ${mark} 127.0.0.1/32 md5`,
  `host ${mark} ${mark} 127.0.0.1/32 password`,
  'host all all 127.0.0.1/32 scram-sha-256',
  'host all /^turbobackend_ 127.0.0.1/32 scram-sha-256',
  'host all +turbobackend_proj_aaaaaaaaaaaaaaaa 127.0.0.1/32 scram-sha-256',
  'host turbobackend_proj_aaaaaaaaaaaaaaaa all 127.0.0.1/32 scram-sha-256',
  'nonsense',
];

test('every line of pg_hba.conf that lets in more than it should is found', async () => {
  const file = join(server.dataDirectory, 'pg_hba.conf');
  const before = readFileSync(file, 'utf8');
  const first = before.split('\n').length;
  // After the line that rejects everybody, so none can ever let anybody in; and the server is not told to read it.
  appendFileSync(file, `${OPEN_DOORS.join('\n')}\nhost ${mark} ${mark} 127.0.0.1/32 scram-sha-256\n`);
  try {
    const found = await findingsOf('V10');
    expect(found.map(({ object }) => Number(/^line (\d+)/.exec(object)?.[1]))).toEqual(
      OPEN_DOORS.map((_line, index) => first + index),
    );
  } finally {
    writeFileSync(file, before);
  }
  expect(await findingsOf('V10')).toEqual([]);
});

test('the pg_hba.conf of our own cluster is right, and found when a person makes it trust everybody', async () => {
  const borrowed = borrowHome();
  try {
    const cluster = embeddedCluster({ home: borrowed.home });
    await cluster.ensure();
    const databases = postgresDatabaseAdmin({ sql: services.sql, connect: (name) => cluster.adminLogin(name) });
    const look = async () => (await databases.checkIsolation(async () => null)).filter(({ check }) => check === 'V10');
    expect([await look(), await databases.limits()]).toEqual([[], []]);
    const file = join(borrowed.layout().instance, 'pg_hba.conf');
    const text = readFileSync(file, 'utf8');
    expect(text).toContain('host  samerole all');
    writeFileSync(file, text.replaceAll('scram-sha-256', 'trust'));
    const found = (await look()).map(({ object }) => object);
    expect(found).toEqual(['line 2: host all tb_admin trust', 'line 3: host samerole all trust']);
  } finally {
    await borrowed.dispose();
  }
});

const insideDamages: [string, (own: DatabaseNames) => string][] = [
  ['D1', () => 'CREATE SCHEMA public'],
  ['D2', (own) => `GRANT CREATE ON SCHEMA app TO ${own.app}`],
  ['D2', () => 'GRANT CREATE ON SCHEMA app TO PUBLIC'],
  ['D3', () => 'CREATE TABLE app.admins_table (id int)'],
  ['D4', () => 'GRANT SELECT ON app.notes TO PUBLIC'],
  ['D4', (own) => `GRANT TRUNCATE ON app.notes TO ${own.app}`],
  ['D4', (own) => `GRANT INSERT ON app.notes TO ${own.ro}`],
  ['D5', (own) => `SET ROLE ${own.owner}; CREATE FUNCTION app.f() RETURNS int SECURITY DEFINER RETURN 1`],
  ['D5', (own) => `CREATE FUNCTION app.g() RETURNS int RETURN 1; GRANT EXECUTE ON FUNCTION app.g TO PUBLIC, ${own.ro}`],
  [
    'D6',
    () =>
      `CREATE FUNCTION app.t() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
       CREATE TRIGGER sneaky AFTER INSERT ON app.notes EXECUTE FUNCTION app.t()`,
  ],
  ['D7', () => 'CREATE EXTENSION dblink SCHEMA app'],
  ['D8', () => "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'app.notes_pkey'::regclass"],
  ['D9', () => 'GRANT USAGE ON LANGUAGE plpgsql TO PUBLIC'],
  ['D9', () => 'GRANT EXECUTE ON FUNCTION pg_catalog.lo_create(oid) TO PUBLIC'],
];

test('no check is without a damage that it must find', () => {
  // V2 and V10 are about what is not a project's, and have tests of their own.
  const damaged = [...clusterDamages, ...insideDamages].map(([check]) => check).concat('V2', 'V10');
  expect(new Set(damaged)).toEqual(new Set([...CLUSTER_CHECKS, ...DATABASE_CHECKS].map(({ id }) => id)));
});

test('every damage inside a project database is found', async () => {
  const own = await newProject();
  const id = own.database.slice('turbobackend_proj_'.length);
  const mig = await openLogin(id, 'dev', 'mig', services);
  await withSession(mig, (query) => query('CREATE TABLE notes (id int PRIMARY KEY)'));
  let known: readonly string[] = [];
  for (const [check, damage] of insideDamages) {
    known = await expectFound(check, own, known, damage(own), () =>
      asAdmin(server, own.database, (query) => query(damage(own))),
    );
  }
  expect(new Set(known.map((finding) => finding.slice(0, 2))).size).toBe(9);
});

test('an extension on the list brings no finding of its own', async () => {
  const own = await newProject();
  await asAdmin(server, own.database, (query) => query('CREATE EXTENSION pgcrypto SCHEMA app'));
  expect(await checksAbout(own.database)).toEqual([]);
});

test('looking changes nothing and calls nothing of the tenant`s', async () => {
  const own = await newProject();
  const id = own.database.slice('turbobackend_proj_'.length);
  await withSession(await openLogin(id, 'dev', 'mig', services), async (query) => {
    await query(`CREATE TABLE caught (who text);
      CREATE FUNCTION app.regexp_replace(text, text, text) RETURNS text LANGUAGE sql AS
        $$ INSERT INTO app.caught VALUES (session_user); SELECT $1 $$;
      CREATE FUNCTION app.pg_get_userbyid(oid) RETURNS name LANGUAGE sql AS
        $$ INSERT INTO app.caught VALUES (session_user); SELECT 'x'::name $$;
      ALTER DATABASE ${own.database} SET search_path = app, pg_catalog;
      ALTER DATABASE ${own.database} SET default_transaction_read_only = on;
      ALTER DATABASE ${own.database} SET role = '${own.owner}'`);
    await query(`REVOKE USAGE ON SCHEMA app FROM ${own.ro}`);
    await services.databases.checkIsolation(readerLogins(services));
    await heal(own);
    expect(await checksAbout(own.database)).toEqual([]);
    expect(await query('SELECT who FROM app.caught')).toEqual([]);
  });
});
