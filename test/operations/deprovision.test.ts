import { expect, test } from 'vitest';
import { databaseNames } from '../../src/domain/database.ts';
import { deprovision } from '../../src/operations/deprovision.ts';
import { openLogin } from '../../src/operations/open-login.ts';
import { provision } from '../../src/operations/provision.ts';
import { lendProvisioning } from '../support/lend-provisioning.ts';
import {
  asAdmin,
  borrowMetadata,
  provisioningServices,
  releaseMetadata,
  withSession,
} from '../support/provisioning.ts';

const { server, metadata, services, newProject } = lendProvisioning();

/** Takes away for good; true when something was. */
const purge = async (
  order: { projectId: string; env: 'dev' | 'staging' | 'prod'; onStep?: (point: string) => void },
  hands = services,
) => (await deprovision({ ...order, purge: true }, hands)).changed;

/** Roles and databases with the project's id in their name. */
const remains = (projectId: string) =>
  asAdmin(server, 'postgres', (query) =>
    query(
      `SELECT rolname AS name FROM pg_roles WHERE rolname LIKE $1
       UNION ALL SELECT datname FROM pg_database WHERE datname LIKE $1`,
      [`%${projectId}%`],
    ),
  );

test('everything a project had is gone, and the record last', async () => {
  const order = newProject();
  await provision(order, services);
  const points: string[] = [];
  expect(await purge({ ...order, onStep: (point) => points.push(point) })).toBe(true);
  expect(points.at(-1)).toBe('settled');
  expect(await remains(order.projectId)).toEqual([]);
  expect(await services.state.findDatabase(order.projectId, 'dev')).toBeNull();
});

test('the second time there is nothing to do', async () => {
  const order = newProject();
  await provision(order, services);
  await purge(order);
  expect(await purge(order)).toBe(false);
});

test('a database somebody is connected to goes as well, and a template too', async () => {
  const order = newProject();
  const { name } = await provision(order, services);
  await asAdmin(server, 'postgres', (query) => query(`ALTER DATABASE ${name} IS_TEMPLATE true`));
  const login = await openLogin(order.projectId, 'dev', 'app', services);
  const session = await services.sql.connect(login);
  expect(await purge(order)).toBe(true);
  expect(await remains(order.projectId)).toEqual([]);
  await session.close();
});

test('what nobody remembers making is not dropped', async () => {
  const order = newProject();
  await provision(order, services);
  await asAdmin(server, metadata.metadataDatabase, (query) =>
    query('DELETE FROM turbobackend.project_databases WHERE project_id = $1', [order.projectId]),
  );
  expect(await purge(order)).toBe(false);
  expect(await remains(order.projectId)).toHaveLength(6);
  expect(await services.databases.listDatabases()).toContain(databaseNames(order.projectId).database);
  // With a new record the passwords are new ones, the roles ours: taken up again, and removed in the end.
  await provision(order, services);
  await withSession(await openLogin(order.projectId, 'dev', 'app', services), (query) => query('SELECT 1'));
  expect(await purge(order)).toBe(true);
});

test('the master key is not needed to take something away', async () => {
  const order = newProject();
  await provision(order, services);
  const other = borrowMetadata();
  const stranger = provisioningServices(server, { ...metadata, home: other.home });
  await expect(openLogin(order.projectId, 'dev', 'app', stranger)).rejects.toMatchObject({ code: 'secret.unreadable' });
  expect(await purge(order, stranger)).toBe(true);
  await releaseMetadata(server, other, { ...stranger, state: { ...stranger.state, listDatabases: async () => [] } });
});

test('another environment of the same project stays', async () => {
  const { projectId } = newProject();
  await provision({ projectId, env: 'dev' }, services);
  await provision({ projectId, env: 'staging' }, services);
  await purge({ projectId, env: 'dev' });
  expect(await remains(projectId)).toHaveLength(6);
  const login = await openLogin(projectId, 'staging', 'ro', services);
  expect(await withSession(login, (query) => query('SELECT current_user AS me'))).toEqual([{ me: login.user }]);
});

test('a half-dropped database is finished, roles included', async () => {
  const order = newProject();
  const { name } = await provision(order, services);
  await asAdmin(server, 'postgres', (query) =>
    query('UPDATE pg_database SET datconnlimit = -2 WHERE datname = $1', [name]),
  );
  expect(await purge(order)).toBe(true);
  expect(await remains(order.projectId)).toEqual([]);
});

test('roles that own something elsewhere are told about, and go when that is gone', async () => {
  const order = newProject();
  const { name } = await provision(order, services);
  await asAdmin(server, metadata.metadataDatabase, (query) =>
    query(`CREATE SCHEMA borrowed AUTHORIZATION ${name}_own`),
  );
  const error = await purge(order).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: 'database.failed', details: { state: '2BP01' } });
  expect(await services.state.findDatabase(order.projectId, 'dev')).toMatchObject({ desired: 'absent' });
  await asAdmin(server, metadata.metadataDatabase, (query) => query('DROP SCHEMA borrowed'));
  expect(await purge(order)).toBe(true);
  expect(await remains(order.projectId)).toEqual([]);
});

test('somebody else`s objects of our name are not dropped', async () => {
  const order = newProject();
  const { name } = await provision(order, services);
  await asAdmin(server, 'postgres', (query) => query(`COMMENT ON ROLE ${name}_own IS 'mine now'`));
  await expect(purge(order)).rejects.toMatchObject({ code: 'database.foreign' });
  expect(await remains(order.projectId)).toHaveLength(6);
  await asAdmin(server, 'postgres', (query) =>
    query(`COMMENT ON ROLE ${name}_own IS 'turbobackend:${order.projectId}'`),
  );
  expect(await purge(order)).toBe(true);
});

test('making and taking away at the same time ends in one of the two, whole', async () => {
  const order = newProject();
  await provision(order, services);
  await Promise.allSettled([purge(order), provision(order, services), purge(order)]);
  const record = await services.state.findDatabase(order.projectId, 'dev');
  expect(await remains(order.projectId)).toHaveLength(record ? 6 : 0);
  if (record) expect(record.status).toBe('ready');
});
