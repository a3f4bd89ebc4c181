import { expect, test } from 'vitest';
import { databaseNames } from '../../src/domain/database.ts';
import { storageWarning } from '../../src/domain/storage.ts';
import { openLogin } from '../../src/operations/open-login.ts';
import { provision } from '../../src/operations/provision.ts';
import { enforceStorage, readWrites } from '../../src/operations/storage.ts';
import { lendProvisioning } from '../support/lend-provisioning.ts';
import {
  asAdmin,
  borrowMetadata,
  provisioningServices,
  releaseMetadata,
  withSession,
} from '../support/provisioning.ts';

/** A database that has outgrown its storage takes no more rows until it fits again; an empty one has about 8 MB. */

const { server, metadata, services, newProject } = lendProvisioning();
type Order = ReturnType<typeof newProject>;

const as = async ({ projectId, env }: Order, role: 'mig' | 'app' | 'ro', text: string) =>
  withSession(await openLogin(projectId, env, role, services), (query) => query(text));
const FILL = `INSERT INTO notes (body) SELECT md5(n::text) || repeat('x', 400) FROM generate_series(1, 20000) n`;

/** A project whose notes have outgrown 10 MB. */
async function fullProject(): Promise<Order> {
  const order = newProject();
  await provision(order, services);
  await as(order, 'mig', 'CREATE TABLE notes (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, body text)');
  await as(order, 'app', FILL);
  await services.state.setLimits(order.projectId, order.env, { storageMb: 10 });
  return order;
}

/** The steps of another provision, and what it warned of. */
async function again(order: Order, hands = services): Promise<{ steps: string[]; warnings: string[] }> {
  const steps: string[] = [];
  const from = hands.events.length;
  const onStep = (point: string) => steps.push(...(point.startsWith('after:') ? [point.slice(6)] : []));
  await provision({ ...order, onStep }, hands);
  const warnings = hands.events.slice(from).flatMap((event) => (event.kind === 'warning' ? [event.message] : []));
  return { steps, warnings };
}

const refused = { state: '42501' };

test('beyond its storage the backend may read and delete, and write again once there is room', async () => {
  const order = await fullProject();
  const open = await services.sql.connect(await openLogin(order.projectId, 'dev', 'app', services));
  await open.query("INSERT INTO notes (body) VALUES ('while there was room')");
  const first = await again(order);
  expect(first.steps).toEqual(['refuse-writes']);
  expect(first.warnings.join()).toMatch(/uses \d+\.\d MB of 10 MB \(\d+ %\): its backend may only read and delete/);
  // Also in a session that was open before.
  await expect(open.query("INSERT INTO notes (body) VALUES ('no')")).rejects.toMatchObject(refused);
  await expect(as(order, 'app', "UPDATE notes SET body = 'no'")).rejects.toMatchObject(refused);
  expect((await again(order)).steps).toEqual([]);
  expect(await as(order, 'ro', 'SELECT count(*)::int AS rows FROM notes')).toEqual([{ rows: 20_001 }]);
  await open.query('DELETE FROM notes WHERE id > 10');
  // Deleting alone gives nothing back to the disk.
  expect((await again(order)).steps).toEqual([]);
  await as(order, 'mig', 'VACUUM FULL notes');
  expect(await again(order)).toEqual({ steps: ['allow-writes'], warnings: [] });
  await open.query("INSERT INTO notes (body) VALUES ('room again')");
  await open.query("UPDATE notes SET body = 'changed' WHERE id = 1");
  await open.close();
  await services.state.setLimits(order.projectId, 'dev', { storageMb: 9 });
  expect(await again(order)).toEqual({ steps: [], warnings: [expect.stringMatching(/\(8\d %\); beyond it nothing/)] });
});

test('exactly the rights that were taken come back: what somebody revoked or granted by hand is kept', async () => {
  const order = await fullProject();
  const { app } = databaseNames(order.projectId);
  await as(
    order,
    'mig',
    `CREATE TABLE "Odd "" name" (id int, "a b" text, secret text);
     CREATE TABLE fixed (id int); CREATE TABLE gone (id int); CREATE SCHEMA more; CREATE TABLE more.things (id int);
     CREATE VIEW shown AS SELECT * FROM fixed;
     GRANT USAGE ON SCHEMA more TO ${app}; GRANT INSERT ON more.things TO ${app};
     REVOKE INSERT, UPDATE ON fixed FROM ${app};
     REVOKE INSERT, UPDATE ON "Odd "" name" FROM ${app};
     GRANT INSERT (id), UPDATE ("a b") ON "Odd "" name" TO ${app};
     GRANT UPDATE ON fixed TO PUBLIC`,
  );
  const rights = () =>
    as(
      order,
      'mig',
      `SELECT jsonb_agg(r ORDER BY r)::text AS rights FROM (
         SELECT c.relname || ' ' || a::text AS r FROM pg_class c, unnest(c.relacl) a
           WHERE c.relnamespace IN ('app'::regnamespace, 'more'::regnamespace) AND c.relname <> 'gone'
         UNION ALL SELECT t.attname || ' ' || t.attacl::text FROM pg_attribute t WHERE t.attacl IS NOT NULL AND t.attnum > 0
           AND t.attrelid IN ('app."Odd "" name"'::regclass)
         UNION ALL SELECT defaclacl::text FROM pg_default_acl) x`,
    );
  const before = await rights();
  expect((await again(order)).steps).toEqual(['refuse-writes']);
  for (const text of [
    'INSERT INTO "Odd "" name" (id) VALUES (1)',
    `UPDATE "Odd "" name" SET "a b" = ''`,
    'UPDATE fixed SET id = 1',
    'INSERT INTO more.things VALUES (1)',
    'INSERT INTO shown VALUES (1)',
  ]) {
    await expect(as(order, 'app', text)).rejects.toMatchObject(refused);
  }
  await as(order, 'mig', 'DROP TABLE gone');
  await services.state.setLimits(order.projectId, 'dev', { storageMb: 'none' });
  expect((await again(order)).steps).toEqual(['allow-writes']);
  expect(await rights()).toEqual(before);
  expect(await as(order, 'mig', "SELECT to_regclass('tb.refused_writes') AS memory")).toEqual([{ memory: null }]);
});

test('a table made while writes are refused is closed by the next look, and opened with the others', async () => {
  const order = await fullProject();
  await again(order);
  await as(order, 'mig', 'CREATE TABLE later (id int)');
  await as(order, 'app', 'INSERT INTO later VALUES (1)');
  expect((await again(order)).steps).toEqual(['refuse-writes']);
  await expect(as(order, 'app', 'INSERT INTO later VALUES (2)')).rejects.toMatchObject(refused);
  await services.state.setLimits(order.projectId, 'dev', { storageMb: 1000 });
  expect(await again(order)).toEqual({ steps: ['allow-writes'], warnings: [] });
  await as(order, 'app', 'INSERT INTO later VALUES (3); INSERT INTO notes (body) VALUES (NULL)');
});

test('cut off before or after, the next run takes up what is left', async () => {
  const order = await fullProject();
  for (const point of ['before:refuse-writes', 'after:refuse-writes']) {
    const cut = (reached: string) => {
      if (reached === point) throw new Error('cut here');
    };
    await expect(provision({ ...order, onStep: cut }, services)).rejects.toThrow('cut here');
  }
  expect((await again(order)).steps).toEqual([]);
  await expect(as(order, 'app', "INSERT INTO notes (body) VALUES ('')")).rejects.toMatchObject(refused);
});

test('the setting bounds every database without a limit of its own, from the next provision on', async () => {
  const order = newProject();
  await provision(order, services);
  const strict = provisioningServices(server, { ...metadata, limits: { storageMb: 9, connections: 7 } });
  const other = await again(order, strict);
  expect(other.steps).toEqual(['create-roles', 'open-database']);
  expect(other.warnings.join()).toMatch(/of 9 MB/);
  const { app } = databaseNames(order.projectId);
  const found = await asAdmin(server, 'postgres', (query) =>
    query('SELECT rolconnlimit AS limit FROM pg_roles WHERE rolname = $1', [app]),
  );
  expect(found).toEqual([{ limit: 7 }]);
  await services.state.setLimits(order.projectId, 'dev', { storageMb: 'none', connections: 12 });
  expect(await again(order, strict)).toMatchObject({ warnings: [] });
  expect((await services.state.findDatabase(order.projectId, 'dev'))?.limits).toEqual({
    connections: 12,
    statementTimeoutSeconds: null,
    storageMb: 'none',
  });
  await strict.state.close();
});

test('of two at once only one can be the last database an owner may have', async () => {
  const own = borrowMetadata();
  const hands = Array.from({ length: 4 }, () => provisioningServices(server, { ...own, limits: { databases: 2 } }));
  const orders = hands.map(() => newProject());
  const [first] = hands;
  if (!first) throw new Error('four pairs of hands were made');
  for (const { projectId: id } of orders) {
    await first.state.claimProject({ id, name: 'x', request: 'x', directory: `/nowhere/${id}`, createdAt: 1 });
  }
  const results = await Promise.allSettled(
    hands.map((services, index) => provision(orders[index] ?? newProject(), services)),
  );
  expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(2);
  for (const result of results) {
    if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'limit.reached' });
  }
  expect(await first.state.listDatabases()).toHaveLength(2);
  for (const { state } of hands.slice(1)) await state.close();
  await releaseMetadata(server, own, first);
});

test('what is in force is told, not what ought to be, and a bound that went from the settings lets writes in again', async () => {
  const order = await fullProject();
  const record = () => services.state.findDatabase(order.projectId, 'dev');
  const told = async () => storageWarning('It', 11 * 1024 * 1024, 10, await readWrites(order, services));
  expect(await told()).toMatch(/still writes, until the next provision, limits or start$/);
  await enforceStorage(await record(), services);
  expect(await told()).toMatch(/may only read and delete until there is room again$/);
  await as(order, 'mig', 'CREATE TABLE later (id int)');
  expect(await told()).toMatch(/still writes/);
  await services.state.setLimits(order.projectId, 'dev', { storageMb: null });
  expect(await readWrites(order, services)).toBe('allowed');
  await as(order, 'mig', 'DROP TABLE later');
  expect(storageWarning('It', 1, null, await readWrites(order, services))).toMatch(/still only read and delete/);
  await enforceStorage(await record(), services);
  expect(await readWrites(order, services)).toBe('allowed');
  await as(order, 'app', "INSERT INTO notes (body) VALUES ('room')");
});

test('nobody knows what is in force in a database that cannot be asked', async () => {
  const order = newProject();
  expect(await readWrites(order, services)).toBe(null);
  expect(storageWarning('It', 11 * 1024 * 1024, 10, null)).toMatch(/beyond it its backend may only read and delete$/);
});
