import { expect, test } from 'vitest';
import { databaseNames, LOGIN_ROLES } from '../../src/domain/database.ts';
import { deprovision } from '../../src/operations/deprovision.ts';
import { openLogin } from '../../src/operations/open-login.ts';
import { provision } from '../../src/operations/provision.ts';
import { readerLogins } from '../../src/operations/reader-logins.ts';
import { findDrift } from '../../src/operations/reconcile-database.ts';
import { lendProvisioning } from '../support/lend-provisioning.ts';
import { withAdministrator } from '../support/lesser-administrator.ts';
import { asAdmin, withSession } from '../support/provisioning.ts';

const { server, metadata, services, newProject } = lendProvisioning();

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

const place = { server, metadata, services };

test('an administrator with CREATEDB and CREATEROLE is enough', () =>
  withAdministrator(place, 'CREATEDB CREATEROLE', async (hands) => {
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
  withAdministrator(place, 'CREATEROLE', async (hands) => {
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
  withAdministrator(place, 'CREATEROLE', async (hands) => {
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
  withAdministrator(place, 'CREATEDB CREATEROLE', async (hands) => {
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

/** Takes from an administrator what it gave itself, and what CREATE ROLE gave it. */
const robbed: [string, (db: string, user: string) => string][] = [
  [
    'what it gave itself',
    (db, user) => `SET ROLE ${user}; REVOKE ${db}_own, ${db}_mig, ${db}_app, ${db}_ro FROM ${user}`,
  ],
  ['one login', (db, user) => `SET ROLE ${user}; REVOKE ${db}_app FROM ${user}`],
  ['acting as the owner', (db, user) => `SET ROLE ${user}; REVOKE SET OPTION FOR ${db}_own FROM ${user}`],
  ['the owner`s rights', (db, user) => `SET ROLE ${user}; REVOKE INHERIT OPTION FOR ${db}_own FROM ${user}`],
];

test('an administrator who was robbed of its memberships is told, and takes them back', () =>
  withAdministrator(place, 'CREATEDB CREATEROLE', async (hands, user) => {
    const order = newProject();
    const { database } = databaseNames(order.projectId);
    await provision(order, hands);
    for (const [what, rob] of robbed) {
      await asAdmin(server, 'postgres', (query) => query(rob(database, user)));
      expect(await findDrift(order.projectId, 'dev', hands), what).toMatchObject({ step: 'create-roles' });
      expect(await stepsOf(order, hands), what).toEqual(['create-roles']);
      expect(await stepsOf(order, hands), what).toEqual([]);
    }
    // Nobody looks at the roles on the way out, nor on the way back.
    const rob = () => asAdmin(server, 'postgres', (query) => query(robbed[0]?.[1](database, user) ?? ''));
    await rob();
    await deprovision({ ...order, purge: false }, hands);
    await rob();
    expect(await stepsOf(order, hands)).toContain('restore-database');
    await rob();
    await deprovision({ ...order, purge: true }, hands);
  }));

test('an administrator who may not take its memberships back is refused, and nothing is changed', () =>
  withAdministrator(place, 'CREATEDB CREATEROLE', async (hands, user) => {
    const order = newProject();
    const { database } = databaseNames(order.projectId);
    await provision(order, hands);
    const take = `REVOKE ${database}_own FROM ${user} CASCADE`;
    const give = `GRANT ${database}_own TO ${user} WITH ADMIN TRUE, INHERIT TRUE, SET TRUE`;
    await asAdmin(server, 'postgres', (query) => query(take));
    expect(await findDrift(order.projectId, 'dev', hands)).toMatchObject({ step: 'create-roles' });
    await expect(provision(order, hands)).rejects.toMatchObject({ details: { state: '42501' } });
    expect(await whoLogsIn(order.projectId)).toHaveLength(3);
    await asAdmin(server, 'postgres', (query) => query(give));
    // CASCADE took the membership of `_mig` as well, which the administrator had given.
    expect(await stepsOf(order, hands)).toEqual(['create-roles']);
    expect(await stepsOf(order, hands)).toEqual([]);
    await deprovision({ ...order, purge: true }, hands);
  }));
