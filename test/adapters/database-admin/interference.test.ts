import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { postgresDatabaseAdmin } from '../../../src/adapters/database-admin/postgres/postgres-database-admin.ts';
import { postgresSql } from '../../../src/adapters/sql/postgres/postgres-sql.ts';
import { databaseNames } from '../../../src/domain/database.ts';
import type { DatabaseTarget, ProvisionStep } from '../../../src/domain/provisioning.ts';
import { openLogin } from '../../../src/operations/open-login.ts';
import { provision } from '../../../src/operations/provision.ts';
import type { Sql } from '../../../src/ports/sql.ts';
import {
  asAdmin,
  borrowMetadata,
  provisioningServices,
  releaseMetadata,
  wipe,
  withSession,
} from '../../support/provisioning.ts';

/** What others do in the moment between a look and the step that follows from it. */

const server = inject('cluster');
const metadata = borrowMetadata();
const services = provisioningServices(server, metadata);

beforeAll(async () => {
  await services.state.listDatabases();
});
afterAll(() => releaseMetadata(server, metadata, services));

const newProject = () => ({ projectId: services.ids.projectId(), env: 'dev' }) as const;
type Order = ReturnType<typeof newProject>;

const as = async ({ projectId, env }: Order, role: 'mig' | 'app', text: string) =>
  withSession(await openLogin(projectId, env, role, services), (query) => query(text));

/** Does something right before the first message that `marks` is found in. */
function meddling(marks: string, meddle: () => Promise<unknown>) {
  let done = false;
  const sql: Sql = {
    async connect(login, settings) {
      const session = await postgresSql().connect(login, settings);
      return {
        ...session,
        async query(text, values) {
          if (!done && text.includes(marks)) {
            done = true;
            await meddle();
          }
          return session.query(text, values);
        },
      };
    },
  };
  const connect = (database: string) => services.cluster.adminLogin(database);
  return { hands: { ...services, sql, databases: postgresDatabaseAdmin({ sql, connect }) }, isDone: () => done };
}

/** A project with three tables, and what it was bounded to. */
async function boundedProject(): Promise<Order> {
  const order = newProject();
  const { app } = databaseNames(order.projectId);
  await provision(order, services);
  await as(
    order,
    'mig',
    `CREATE TABLE stays (id int); CREATE TABLE goes (id int); CREATE SCHEMA more; CREATE TABLE more.goes (id int);
     CREATE TABLE wide (id int, narrow int); REVOKE INSERT, UPDATE ON wide FROM ${app};
     GRANT INSERT (id, narrow) ON wide TO ${app}`,
  );
  await services.state.setLimits(order.projectId, order.env, { storageMb: 1 });
  return order;
}

const refused = { state: '42501' };

test.each([
  ['a table', 'DROP TABLE goes'],
  ['a schema', 'DROP SCHEMA more CASCADE'],
])('%s that goes away while writes are taken or given back is passed over', async (_what, drop) => {
  const order = await boundedProject();
  const taking = meddling('REVOKE INSERT, UPDATE ON', () => as(order, 'mig', drop));
  await provision(order, taking.hands);
  expect(taking.isDone()).toBe(true);
  await expect(as(order, 'app', 'INSERT INTO stays VALUES (1)')).rejects.toMatchObject(refused);
  await services.state.setLimits(order.projectId, order.env, { storageMb: 'none' });
  const giving = meddling('GRANT INSERT', () => as(order, 'mig', 'DROP TABLE IF EXISTS goes; DROP TABLE wide'));
  await provision(order, giving.hands);
  expect(giving.isDone()).toBe(true);
  await as(order, 'app', 'INSERT INTO stays VALUES (1)');
});

test('a column that goes away, before or while its right comes back, takes nothing else along', async () => {
  const order = await boundedProject();
  await provision(order, services);
  await as(order, 'mig', 'ALTER TABLE wide DROP COLUMN narrow; ALTER TABLE wide ADD COLUMN more int');
  await services.state.setLimits(order.projectId, order.env, { storageMb: 'none' });
  const giving = meddling('GRANT INSERT', () => as(order, 'mig', 'ALTER TABLE wide DROP COLUMN id'));
  await provision(order, giving.hands);
  expect(giving.isDone()).toBe(true);
  await as(order, 'app', 'INSERT INTO stays VALUES (1)');
  await expect(as(order, 'app', 'INSERT INTO wide (more) VALUES (1)')).rejects.toMatchObject(refused);
});

test('a database is not prepared while a former process is still at it', async () => {
  const order = newProject();
  const { database } = databaseNames(order.projectId);
  await provision(order, services);
  await asAdmin(server, database, async (query) => {
    await query('GRANT USAGE ON LANGUAGE plpgsql TO PUBLIC');
    const open = "SELECT has_language_privilege('public', 'plpgsql', 'usage') AS open";
    await query("SELECT pg_advisory_lock(hashtext('turbobackend:prepare'))");
    const again = provision(order, services);
    const waiting = `SELECT count(*)::int AS waiting FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`;
    try {
      await expect.poll(() => query(waiting)).toEqual([{ waiting: 1 }]);
      expect(await query(open)).toEqual([{ open: true }]);
    } finally {
      await query("SELECT pg_advisory_unlock(hashtext('turbobackend:prepare'))");
      await again;
    }
    expect(await query(open)).toEqual([{ open: false }]);
  });
});

test('no step touches what is not ours, also when nobody has looked before it', async () => {
  const { projectId } = newProject();
  const names = databaseNames(projectId);
  const limits = { connections: 10, statementTimeoutSeconds: 15, storageMb: null };
  const target: DatabaseTarget = { names, limits, trash: null };
  const steps: ProvisionStep[] = ['shut-database', 'drop-database', 'drop-roles'];
  await asAdmin(server, 'postgres', async (query) => {
    await query(`CREATE ROLE ${names.app} LOGIN`);
    await query(`CREATE DATABASE ${names.database}`);
    for (const step of steps) {
      const apply = services.databases.withProjectLock(projectId, (admin) => admin.apply(step, target, null, () => {}));
      await expect(apply, step).rejects.toMatchObject({ code: 'database.foreign' });
    }
    const left = await query(
      `SELECT rolcanlogin AS open FROM pg_roles WHERE rolname = $1 UNION ALL
       SELECT datallowconn FROM pg_database WHERE datname = $2`,
      [names.app, names.database],
    );
    expect(left).toEqual([{ open: true }, { open: true }]);
    await wipe(query, names.database);
  });
});
