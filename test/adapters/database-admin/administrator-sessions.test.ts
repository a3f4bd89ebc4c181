import { afterAll, beforeAll, beforeEach, expect, inject, test } from 'vitest';
import { postgresDatabaseAdmin } from '../../../src/adapters/database-admin/postgres/postgres-database-admin.ts';
import { postgresSql } from '../../../src/adapters/sql/postgres/postgres-sql.ts';
import { type DatabaseNames, databaseNames } from '../../../src/domain/database.ts';
import { deprovision } from '../../../src/operations/deprovision.ts';
import { openLogin } from '../../../src/operations/open-login.ts';
import { provision } from '../../../src/operations/provision.ts';
import { readerLogins } from '../../../src/operations/reader-logins.ts';
import type { Sql } from '../../../src/ports/sql.ts';
import {
  asAdmin,
  borrowMetadata,
  provisioningServices,
  releaseMetadata,
  withSession,
} from '../../support/provisioning.ts';

/**
 * Where the administrator logs in. In a database that holds anything of its project, a session of the administrator
 * would be one that somebody's code may run in.
 */

const server = inject('cluster');
const metadata = borrowMetadata();
const base = provisioningServices(server, metadata);

/** Every session opened: `<user> in <database>`, and what the administrator said inside of projects. */
const opened: string[] = [];
const said: string[] = [];
const sql: Sql = {
  async connect(login, settings) {
    const session = await postgresSql().connect(login, settings);
    opened.push(`${login.user} in ${login.database}`);
    if (login.user !== server.user || !login.database.startsWith('turbobackend_proj_')) return session;
    return {
      ...session,
      query(text, values) {
        said.push(text);
        return session.query(text, values);
      },
    };
  },
};
const services = {
  ...base,
  sql,
  databases: postgresDatabaseAdmin({ sql, connect: (database) => base.cluster.adminLogin(database) }),
};

const order = { projectId: services.ids.projectId(), env: 'dev' } as const;
const names: DatabaseNames = databaseNames(order.projectId);
const entries = () => opened.filter((session) => session === `${server.user} in ${names.database}`);

beforeAll(async () => {
  await provision(order, services);
  await withSession(await openLogin(order.projectId, 'dev', 'mig', services), (query) =>
    query('CREATE TABLE notes (id int PRIMARY KEY)'),
  );
});
beforeEach(() => {
  opened.length = 0;
  said.length = 0;
});
afterAll(() => releaseMetadata(server, metadata, services));

test.each<[string, (own: DatabaseNames) => string]>([
  ['nothing', () => 'SELECT 1'],
  ['a role', (own) => `ALTER ROLE ${own.app} CONNECTION LIMIT -1 PASSWORD 'mine now'`],
  ['the door', (own) => `ALTER DATABASE ${own.database} ALLOW_CONNECTIONS false`],
  ['a grant', (own) => `GRANT TEMPORARY ON DATABASE ${own.database} TO PUBLIC`],
])('the administrator stays outside when %s is mended', async (_what, damage) => {
  await asAdmin(server, 'postgres', (query) => query(damage(names)));
  await provision(order, services);
  expect(entries()).toEqual([]);
  // The counter counts: the project's own logins were seen.
  expect(opened).toContain(`${names.mig} in ${names.database}`);
});

test('what the owner has spoilt inside is mended as the owner', async () => {
  const spoil = `REVOKE USAGE ON SCHEMA app FROM ${names.app}; GRANT ALL ON SCHEMA tb TO PUBLIC;
    ALTER DEFAULT PRIVILEGES IN SCHEMA app REVOKE SELECT ON TABLES FROM ${names.ro}`;
  await withSession(await openLogin(order.projectId, 'dev', 'mig', services), (query) => query(spoil));
  await provision(order, services);
  expect(entries()).toEqual([]);
  const found = await services.databases.checkIsolation(readerLogins(services));
  expect(found.filter(({ object }) => object.includes(names.database))).toEqual([]);
});

test('the checklist looks into a project as its reading login, and says so where it has none', async () => {
  const about = async (logins = readerLogins(services)) => {
    const found = await services.databases.checkIsolation(logins);
    return found.filter(({ object }) => object.includes(names.database));
  };
  expect(await about()).toEqual([]);
  expect(opened).toContain(`${names.ro} in ${names.database}`);
  const unknown = { check: 'D', object: `${names.database}: not looked into: no login of it is known here.` };
  expect(await about(async () => null)).toEqual([{ ...unknown, unchecked: true }]);
  await asAdmin(server, 'postgres', (query) => query(`ALTER ROLE ${names.ro} PASSWORD 'mine now'`));
  const [drifted, ...more] = await about();
  expect([more, drifted]).toEqual([[], { check: 'D', object: expect.stringContaining('refused'), unchecked: true }]);
  expect(JSON.stringify(drifted)).not.toContain('mine now');
  expect(entries()).toEqual([]);
  await provision(order, services);
  expect(await about()).toEqual([]);
});

test('only what the server brought along, opened by a superuser, is closed by one, with nothing of the tenant`s near', async () => {
  await asAdmin(server, names.database, (query) => query('GRANT USAGE ON LANGUAGE plpgsql TO PUBLIC'));
  await provision(order, services);
  expect(entries()).toHaveLength(1);
  const statements = said.join(';').split(/;\s*/);
  const acts = statements.filter((text) => !/^\s*(BEGIN|COMMIT|SELECT|OR|FROM)/.test(text));
  expect(acts).toEqual([
    'REVOKE ALL ON LANGUAGE plpgsql FROM PUBLIC',
    expect.stringMatching(/^REVOKE EXECUTE ON FUNCTION (pg_catalog\.\w+\([\w,]+\)(, )?)+ FROM PUBLIC$/),
  ]);
});

test('the trash, the way back and the end are all done from outside', async () => {
  await deprovision({ ...order, purge: false }, services);
  await provision(order, services);
  await deprovision({ ...order, purge: true }, services);
  expect(entries()).toEqual([]);
});
