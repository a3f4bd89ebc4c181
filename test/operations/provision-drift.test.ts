import { expect, test } from 'vitest';
import { databaseNames, LOGIN_ROLES } from '../../src/domain/database.ts';
import { openLogin } from '../../src/operations/open-login.ts';
import { provision } from '../../src/operations/provision.ts';
import { readerLogins } from '../../src/operations/reader-logins.ts';
import { lendProvisioning } from '../support/lend-provisioning.ts';
import { asAdmin, wipe, withSession } from '../support/provisioning.ts';

const { server, services, newProject } = lendProvisioning();

/** What the isolation checks say of one project. */
async function findings(projectId: string): Promise<string[]> {
  const all = await services.databases.checkIsolation(readerLogins(services));
  return all.filter(({ object }) => object.includes(projectId)).map(({ check, object }) => `${check} ${object}`);
}

async function whoLogsIn(projectId: string): Promise<unknown[]> {
  return Promise.all(
    LOGIN_ROLES.map(async (role) => {
      const login = await openLogin(projectId, 'dev', role, services);
      const rows = await withSession(login, (query) => query('SELECT session_user AS login, current_user AS acts_as'));
      return rows[0];
    }),
  );
}

/** The steps a provision takes; none when everything is as it should be. */
async function stepsOf(order: { projectId: string; env: 'dev' }, hands = services): Promise<string[]> {
  const steps: string[] = [];
  await provision({ ...order, onStep: (point) => point.startsWith('after:') && steps.push(point.slice(6)) }, hands);
  return steps;
}

type Damage = (db: string, query: (text: string) => Promise<unknown>) => Promise<unknown>;
const drifts: [string, Damage][] = [
  ['a password changed by the role itself', (db, query) => query(`ALTER ROLE ${db}_app PASSWORD 'mine now'`)],
  ['a password taken away', (db, query) => query(`ALTER ROLE ${db}_ro PASSWORD NULL`)],
  ['a password that expires', (db, query) => query(`ALTER ROLE ${db}_mig VALID UNTIL '2001-01-01'`)],
  ['a power over the cluster', (db, query) => query(`ALTER ROLE ${db}_app CREATEROLE`)],
  ['no connection limit', (db, query) => query(`ALTER ROLE ${db}_app CONNECTION LIMIT -1`)],
  ['a role that may not log in', (db, query) => query(`ALTER ROLE ${db}_app NOLOGIN`)],
  ['an owner that may log in', (db, query) => query(`ALTER ROLE ${db}_own LOGIN`)],
  ['a membership too many', (db, query) => query(`GRANT ${db}_own TO ${db}_app`)],
  ['a membership in a predefined role', (db, query) => query(`GRANT pg_read_all_data TO ${db}_ro`)],
  ['a membership with ADMIN', (db, query) => query(`GRANT ${db} TO ${db}_app WITH ADMIN OPTION`)],
  ['a membership missing', (db, query) => query(`REVOKE ${db} FROM ${db}_app`)],
  [
    'all rights of a role dropped',
    (db, query) => query(`REVOKE CONNECT ON DATABASE ${db} FROM ${db}_ro; DROP OWNED BY ${db}_ro`),
  ],
  ['a door open to everybody', (db, query) => query(`GRANT CONNECT, TEMPORARY ON DATABASE ${db} TO PUBLIC`)],
  ['a right to make schemas', (db, query) => query(`GRANT CREATE ON DATABASE ${db} TO ${db}_app`)],
  ['an owner without rights', (db, query) => query(`REVOKE ALL ON DATABASE ${db} FROM ${db}_own`)],
  ['a database that is closed', (db, query) => query(`ALTER DATABASE ${db} ALLOW_CONNECTIONS false`)],
  ['a database that is a template', (db, query) => query(`ALTER DATABASE ${db} IS_TEMPLATE true`)],
  ['a database without a limit', (db, query) => query(`ALTER DATABASE ${db} CONNECTION LIMIT -1`)],
  ['a setting removed', (db, query) => query(`ALTER ROLE ${db}_app IN DATABASE ${db} RESET temp_file_limit`)],
  ['a setting changed', (db, query) => query(`ALTER ROLE ${db}_app IN DATABASE ${db} SET statement_timeout = 0`)],
  ['a setting for everywhere', (db, query) => query(`ALTER ROLE ${db}_mig SET role = '${db}_mig'`)],
];

test('whatever has drifted outside is brought back, data untouched', async () => {
  const order = newProject();
  const db = databaseNames(order.projectId).database;
  await provision(order, services);
  const asMig = async (text: string) =>
    withSession(await openLogin(order.projectId, 'dev', 'mig', services), (query) => query(text));
  await asMig("CREATE TABLE keep AS SELECT 'data' AS kept");
  await asAdmin(server, 'postgres', async (query) => {
    for (const [name, damage] of drifts) {
      await damage(db, query);
      expect((await stepsOf(order)).length, name).toBeGreaterThan(0);
      expect(await stepsOf(order), name).toEqual([]);
    }
  });
  expect(await asMig('SELECT kept FROM keep')).toEqual([{ kept: 'data' }]);
  expect(await findings(order.projectId)).toEqual([]);
  expect(await whoLogsIn(order.projectId)).toHaveLength(3);
});

test('rights lost inside a database in use are restored as its owner', async () => {
  const order = newProject();
  const db = databaseNames(order.projectId).database;
  await provision(order, services);
  const asMig = async (text: string) =>
    withSession(await openLogin(order.projectId, 'dev', 'mig', services), (query) => query(text));
  await asMig('CREATE TABLE keep (id int); REVOKE USAGE ON SCHEMA app FROM CURRENT_USER');
  await asMig(`REVOKE USAGE ON SCHEMA app FROM ${db}_app; GRANT CREATE ON SCHEMA app TO ${db}_ro; DROP SCHEMA tb`);
  await asAdmin(server, db, (query) => query('GRANT USAGE ON LANGUAGE plpgsql TO PUBLIC'));
  expect(await stepsOf(order)).toEqual(['prepare-inside']);
  expect(await stepsOf(order)).toEqual([]);
  expect(await findings(order.projectId)).toEqual([]);
});

test('a half-dropped database is dropped and made again, never made to look healthy', async () => {
  const order = newProject();
  const db = databaseNames(order.projectId).database;
  await provision(order, services);
  await asAdmin(server, 'postgres', (query) =>
    query('UPDATE pg_database SET datconnlimit = -2 WHERE datname = $1', [db]),
  );
  expect(await stepsOf(order)).toEqual(['drop-invalid-database', 'create-database', 'open-database', 'prepare-inside']);
  expect(await whoLogsIn(order.projectId)).toHaveLength(3);
});

test('objects of our name that somebody else made are refused and stay as they are', async () => {
  for (const kind of ['role', 'database', 'database of our owner'] as const) {
    const order = newProject();
    const { database, owner } = databaseNames(order.projectId);
    await asAdmin(server, 'postgres', async (query) => {
      if (kind === 'role') await query(`CREATE ROLE ${owner} LOGIN PASSWORD 'x'`);
      if (kind !== 'role') await query(`CREATE DATABASE ${database}`);
      if (kind === 'database of our owner') {
        await query(`CREATE ROLE ${owner}; COMMENT ON ROLE ${owner} IS 'turbobackend:someoneelse12345'`);
        await query(`ALTER DATABASE ${database} OWNER TO ${owner}`);
      }
      const see = () =>
        query(
          `SELECT rolname, rolcanlogin FROM pg_roles WHERE rolname LIKE $1 UNION ALL
           SELECT datname, datallowconn FROM pg_database WHERE datname LIKE $1 ORDER BY 1`,
          [`%${order.projectId}%`],
        );
      const before = await see();
      await expect(provision(order, services), kind).rejects.toMatchObject({ code: 'database.foreign' });
      expect(await see()).toEqual(before);
      await wipe(query, database);
    });
  }
});
