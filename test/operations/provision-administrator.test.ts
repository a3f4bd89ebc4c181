import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { databaseNames, LOGIN_ROLES } from '../../src/domain/database.ts';
import { deprovision } from '../../src/operations/deprovision.ts';
import { openLogin } from '../../src/operations/open-login.ts';
import { provision } from '../../src/operations/provision.ts';
import { readerLogins } from '../../src/operations/reader-logins.ts';
import {
  asAdmin,
  borrowMetadata,
  provisioningServices,
  releaseMetadata,
  wipe,
  withSession,
} from '../support/provisioning.ts';

const server = inject('cluster');
const metadata = borrowMetadata();
const services = provisioningServices(server, metadata);

beforeAll(async () => {
  await services.state.listDatabases();
});
afterAll(() => releaseMetadata(server, metadata, services));

const newProject = () => ({ projectId: services.ids.projectId(), env: 'dev' }) as const;

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

/** An administrator who is no superuser, with what an external service gives; removed afterwards. */
async function withAdministrator<T>(
  powers: string,
  work: (hands: ReturnType<typeof provisioningServices>) => Promise<T>,
): Promise<T> {
  const user = `tb_lesser_${randomBytes(6).toString('hex')}`;
  const password = randomBytes(16).toString('hex');
  // pg_hba.conf lets a role into the database that is named like it.
  await asAdmin(server, 'postgres', async (query) => {
    await query(`CREATE ROLE ${user} LOGIN ${powers} PASSWORD '${password}'`);
    await query(`CREATE DATABASE ${user} OWNER ${user}`);
  });
  const hands = provisioningServices(server, {
    ...metadata,
    administrator: { user, password },
    maintenanceDatabase: user,
  });
  try {
    return await work(hands);
  } finally {
    await hands.state.close();
    await asAdmin(server, 'postgres', async (query) => {
      for (const { databaseName } of await services.state.listDatabases()) {
        const [row] = await query('SELECT pg_has_role($1, rolname, $2) AS has FROM pg_roles WHERE rolname = $3', [
          user,
          'member',
          `${databaseName}_own`,
        ]);
        if (row?.has === true) await wipe(query, databaseName);
      }
      await query(`DROP DATABASE ${user} WITH (FORCE)`);
      await query(`DROP ROLE ${user}`);
    });
  }
}

test('an administrator with CREATEDB and CREATEROLE is enough', () =>
  withAdministrator('CREATEDB CREATEROLE', async (hands) => {
    const order = newProject();
    const { database } = databaseNames(order.projectId);
    expect((await provision(order, hands)).status).toBe('ready');
    expect(await stepsOf(order, hands)).toEqual([]);
    expect(await whoLogsIn(order.projectId)).toHaveLength(3);
    await asAdmin(server, 'postgres', (query) => query(`ALTER ROLE ${database}_app PASSWORD 'mine now'`));
    expect(await stepsOf(order, hands)).toEqual(['create-roles']);
    expect(await whoLogsIn(order.projectId)).toHaveLength(3);
    const checks = await hands.databases.checkIsolation(readerLogins(hands));
    expect(checks.filter(({ object }) => object.includes(order.projectId))).toEqual([]);
  }));

test('a first try that cannot succeed leaves no role behind, says why, and can be repeated', () =>
  withAdministrator('CREATEROLE', async (hands) => {
    const order = newProject();
    const error = await provision(order, hands).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'database.failed', details: { state: '42501' } });
    const left = await asAdmin(server, 'postgres', (query) =>
      query('SELECT rolname FROM pg_roles WHERE rolname LIKE $1', [`%${order.projectId}%`]),
    );
    expect(left).toEqual([]);
    const record = await services.state.findDatabase(order.projectId, 'dev');
    expect(record).toMatchObject({ status: 'failed', desired: 'absent', lastError: expect.stringContaining('42501') });
    await expect(openLogin(order.projectId, 'dev', 'app', services)).rejects.toMatchObject({
      code: 'project.incomplete',
    });
    expect((await provision(order, services)).status).toBe('ready');
    expect(await whoLogsIn(order.projectId)).toHaveLength(3);
  }));

test('a failure on a database in use takes nothing away', () =>
  withAdministrator('CREATEROLE', async (hands) => {
    const order = newProject();
    const { database } = databaseNames(order.projectId);
    await provision(order, services);
    await asAdmin(server, 'postgres', (query) => query(`ALTER ROLE ${database}_app CONNECTION LIMIT 1`));
    await expect(provision(order, hands)).rejects.toMatchObject({ code: 'database.failed' });
    expect(await services.state.findDatabase(order.projectId, 'dev')).toMatchObject({
      status: 'ready',
      lastError: expect.stringContaining('42501'),
    });
    await provision(order, services);
    expect(await services.state.findDatabase(order.projectId, 'dev')).toMatchObject({ lastError: null });
  }));

test('an administrator who is no superuser measures, bounds and trashes as well', () =>
  withAdministrator('CREATEDB CREATEROLE', async (hands) => {
    const order = newProject();
    const { name } = await provision(order, hands);
    const as = async (role: 'mig' | 'app', text: string) =>
      withSession(await openLogin(order.projectId, 'dev', role, hands), (query) => query(text));
    await as('mig', 'CREATE TABLE notes (id int, body text)');
    await as('app', 'INSERT INTO notes SELECT n, repeat(md5(n::text), 20) FROM generate_series(1, 10000) n');
    expect((await hands.databases.sizes([name, 'nowhere'])).get(name)).toBeGreaterThan(10_000_000);
    await hands.state.setLimits(order.projectId, 'dev', { storageMb: 10 });
    expect(await stepsOf(order, hands)).toEqual(['refuse-writes']);
    await expect(as('app', 'INSERT INTO notes VALUES (0)')).rejects.toMatchObject({ state: '42501' });
    const { trash } = await deprovision({ ...order, purge: false }, hands);
    expect((await hands.databases.sizes([trash ?? ''])).get(trash ?? '')).toBeGreaterThan(10_000_000);
    await hands.state.setLimits(order.projectId, 'dev', { storageMb: 'none' });
    expect(await stepsOf(order, hands)).toContain('allow-writes');
    await as('app', 'INSERT INTO notes VALUES (0)');
    await deprovision({ ...order, purge: true }, hands);
  }));
