import { expect, test } from 'vitest';
import { databaseNames } from '../../src/domain/database.ts';
import { TurboError } from '../../src/domain/errors.ts';
import type { ProvisionStep } from '../../src/domain/provisioning.ts';
import { deprovision } from '../../src/operations/deprovision.ts';
import { keepDatabase } from '../../src/operations/keep-database.ts';
import { openLogin } from '../../src/operations/open-login.ts';
import { provision } from '../../src/operations/provision.ts';
import { restore } from '../../src/operations/restore.ts';
import { enforceStorage } from '../../src/operations/storage.ts';
import type { DatabaseAdmin, LockedAdmin } from '../../src/ports/database-admin.ts';
import { SqlError } from '../../src/ports/sql.ts';
import { lendProvisioning } from '../support/lend-provisioning.ts';
import { asAdmin, type ProvisioningServices, withSession } from '../support/provisioning.ts';

/** What one command does to a database while another one waits for it, or after it has lost its lock. */
const { server, services, newProject } = lendProvisioning();
type Order = ReturnType<typeof newProject>;

const withDatabases = (databases: Partial<DatabaseAdmin>): ProvisioningServices => ({
  ...services,
  databases: { ...services.databases, ...databases },
});

/** A command that finds the lock taken; `work` is what its holder does meanwhile. */
function waitingFor(work: () => Promise<unknown>): ProvisioningServices {
  let isOver = false;
  return withDatabases({
    async withProjectLock(projectId, locked, onWait) {
      if (!isOver) {
        isOver = true;
        await work();
      }
      return services.databases.withProjectLock(projectId, locked, onWait);
    },
  });
}

/** A command whose lock does not keep others out (its connection has died), and whose hands do as `tamper` says. */
function withoutLock(tamper: (admin: LockedAdmin) => Partial<LockedAdmin>): ProvisioningServices {
  return withDatabases({
    withProjectLock: (_projectId, locked, onWait) =>
      services.databases.withProjectLock(
        services.ids.projectId(),
        (admin) => locked({ ...admin, ...tamper(admin) }),
        onWait,
      ),
  });
}

/** Fails at a step, after `meanwhile`. */
const failingAt =
  (failing: ProvisionStep, error: Error, meanwhile: () => Promise<unknown> = async () => {}) =>
  (admin: LockedAdmin): Partial<LockedAdmin> => ({
    async apply(step, ...rest) {
      if (step !== failing) return admin.apply(step, ...rest);
      await meanwhile();
      throw error;
    },
  });

const remains = async ({ projectId }: Order): Promise<unknown[]> => [
  ...(await asAdmin(server, 'postgres', (query) =>
    query('SELECT datname AS name FROM pg_database WHERE datname LIKE $1', [`%${projectId}%`]),
  )),
  ...(await services.state.listDatabases(projectId)),
];

async function sow(order: Order): Promise<void> {
  await withSession(await openLogin(order.projectId, 'dev', 'mig', services), (query) =>
    query('CREATE TABLE app.notes AS SELECT 42 AS id'),
  );
}

const harvest = async (order: Order) =>
  withSession(await openLogin(order.projectId, 'dev', 'mig', services), (query) => query('SELECT id FROM app.notes'));

const full = new SqlError('53100', 'the disk is full');

test('what was purged while a command waited is not made again by it', async () => {
  const order = newProject();
  await provision(order, services);
  const record = await services.state.findDatabase(order.projectId, 'dev');
  const hands = () => waitingFor(() => deprovision({ ...order, purge: true }, services));
  const bounded = { ...hands(), limits: { ...services.limits, storageMb: 1000 } };
  await enforceStorage(record, bounded);
  expect(await remains(order)).toEqual([]);
  await provision(order, services);
  await expect(keepDatabase({ ...order, renewPasswords: true }, hands())).rejects.toMatchObject({
    code: 'project.incomplete',
  });
  expect(await remains(order)).toEqual([]);
});

test('what went to the trash while a command waited stays there', async () => {
  const order = newProject();
  await provision(order, services);
  const hands = waitingFor(() => deprovision({ ...order, purge: false }, services));
  await expect(keepDatabase({ ...order, renewPasswords: true }, hands)).rejects.toMatchObject({
    code: 'project.incomplete',
  });
  expect(await services.state.findDatabase(order.projectId, 'dev')).toMatchObject({
    status: 'trashed',
    nextSecrets: null,
  });
});

test('an undo that comes after a purge says so, and makes no empty database', async () => {
  const order = newProject();
  await provision(order, services);
  await deprovision({ ...order, purge: false }, services);
  const hands = waitingFor(() => deprovision({ ...order, purge: true }, services));
  await expect(restore({ id: order.projectId, name: 'notes' }, 'dev', hands)).rejects.toMatchObject({
    code: 'database.not_in_trash',
  });
  expect(await remains(order)).toEqual([]);
});

test('an undo whose database was dropped behind our back does not claim that its rows are back', async () => {
  const order = newProject();
  await provision(order, services);
  const { trash } = await deprovision({ ...order, purge: false }, services);
  await asAdmin(server, 'postgres', (query) => query(`DROP DATABASE ${trash}`));
  await expect(restore({ id: order.projectId, name: 'notes' }, 'dev', services)).rejects.toMatchObject({
    code: 'database.failed',
    message: expect.stringContaining('empty'),
  });
});

test('a project that is being destroyed, or was, gets no new database', async () => {
  const order = newProject();
  const { projectId: id } = order;
  const project = { id, name: 'notes', request: 'notes', directory: `/nowhere/${id}`, createdAt: 1 };
  await services.state.claimProject(project);
  await services.state.setProjectStatus(id, 'destroying');
  await expect(provision(order, services)).rejects.toMatchObject({ code: 'project.not_found' });
  await services.state.recordActivity({ projectId: id, action: 'destroyed' });
  await services.state.deleteProject(id);
  await expect(provision(order, services)).rejects.toMatchObject({ code: 'project.not_found' });
  expect(await remains(order)).toEqual([]);
  // Its folder was kept, and is registered again.
  await services.state.claimProject(project);
  expect((await provision(order, services)).status).toBe('ready');
  await deprovision({ ...order, purge: true }, services);
  await services.state.deleteProject(id);
});

test('who fails after losing the lock leaves alone what the next one has made', async () => {
  const order = newProject();
  const hands = withoutLock(
    failingAt('prepare-inside', full, async () => {
      await provision(order, services);
      await sow(order);
    }),
  );
  await expect(provision(order, hands)).rejects.toMatchObject({ code: 'database.failed' });
  expect(await services.state.findDatabase(order.projectId, 'dev')).toMatchObject({
    desired: 'present',
    status: 'ready',
  });
  expect(await harvest(order)).toEqual([{ id: 42 }]);
});

test('a second try that fails does not take away what others made between the tries', async () => {
  const order = newProject();
  let tries = 0;
  const hands = {
    ...withDatabases({
      withProjectLock: (projectId, locked, onWait) => {
        tries += 1;
        const tamper =
          tries === 1 ? failingAt('create-database', new SqlError('08006', 'cut')) : failingAt('open-database', full);
        return services.databases.withProjectLock(projectId, (admin) => locked({ ...admin, ...tamper(admin) }), onWait);
      },
    }),
    clock: {
      ...services.clock,
      sleep: async () => {
        await provision(order, services);
        await sow(order);
        await deprovision({ ...order, purge: false }, services);
      },
    },
  };
  await expect(provision(order, hands)).rejects.toMatchObject({ code: 'database.failed' });
  expect(tries).toBe(2);
  await provision(order, services);
  expect(await harvest(order)).toEqual([{ id: 42 }]);
});

test('a first try that is refused at the door leaves nothing, and its reason', async () => {
  const order = newProject();
  const refused = withDatabases({
    withProjectLock: (projectId, locked, onWait) =>
      services.databases.withProjectLock(
        projectId,
        (admin) =>
          locked({
            ...admin,
            async observe(target, passwords) {
              const seen = await admin.observe(target, passwords === null ? null : passwords);
              if (seen.database === 'open' && passwords)
                throw new TurboError('cluster.denied', 'no entry in pg_hba.conf');
              return seen;
            },
          }),
        onWait,
      ),
  });
  await expect(provision(order, refused)).rejects.toMatchObject({ code: 'cluster.denied' });
  const names = databaseNames(order.projectId);
  const left = await asAdmin(server, 'postgres', (query) =>
    query('SELECT rolname FROM pg_roles WHERE rolname LIKE $1', [`${names.database}%`]),
  );
  expect(left).toEqual([]);
  expect(await services.state.findDatabase(order.projectId, 'dev')).toMatchObject({
    desired: 'absent',
    status: 'failed',
    lastError: expect.stringContaining('pg_hba.conf'),
  });
});

test('what stood in the way until the last try is kept with the record', async () => {
  const order = newProject();
  await provision(order, services);
  const busy = {
    ...withDatabases({
      withProjectLock: (projectId, locked, onWait) =>
        services.databases.withProjectLock(
          projectId,
          (admin) => locked({ ...admin, ...failingAt('move-to-trash', new SqlError('55006', 'in use'))(admin) }),
          onWait,
        ),
    }),
    clock: { ...services.clock, sleep: async () => {} },
  };
  await expect(deprovision({ ...order, purge: false }, busy)).rejects.toMatchObject({
    code: 'database.failed',
    hint: expect.stringContaining('connected'),
  });
  expect(await services.state.findDatabase(order.projectId, 'dev')).toMatchObject({
    desired: 'trashed',
    status: 'deleting',
    lastError: '55006: in use',
  });
  expect((await deprovision({ ...order, purge: false }, services)).trash).not.toBeNull();
});

test('a deprovision after a purge that was cut before its first step keeps the rows', async () => {
  const order = newProject();
  await provision(order, services);
  await sow(order);
  const record = await services.state.findDatabase(order.projectId, 'dev');
  if (!record) throw new Error('there is a record');
  const { projectId, env, databaseName, systemIdentifier, secrets } = record;
  await services.state.wishDatabase({ projectId, env, databaseName, systemIdentifier, secrets, desired: 'absent' });
  expect((await deprovision({ ...order, purge: false }, services)).trash).not.toBeNull();
  await restore({ id: order.projectId, name: 'notes' }, 'dev', services);
  expect(await harvest(order)).toEqual([{ id: 42 }]);
});

test('new passwords that somebody else has written down are not taken for the old ones', async () => {
  const order = newProject();
  await provision(order, services);
  const { secrets } = (await services.state.findDatabase(order.projectId, 'dev')) ?? {};
  if (!secrets) throw new Error('there is a record');
  // A record with an error is settled again, under the same generation, by whoever finds nothing to do.
  const known = await services.state.findDatabase(order.projectId, 'dev');
  const failed = { status: 'ready', lastError: 'earlier' } as const;
  await services.state.settleDatabase(order.projectId, 'dev', known?.generation ?? 0, failed);
  const hands: ProvisioningServices = {
    ...services,
    state: {
      ...services.state,
      async settleDatabase(projectId, env, generation, outcome) {
        await services.state.beginRotation(projectId, env, generation, { mig: 'x', app: 'y', ro: 'z' });
        return services.state.settleDatabase(projectId, env, generation, outcome);
      },
    },
  };
  await expect(provision(order, hands)).rejects.toMatchObject({ code: 'cluster.locked' });
  expect(await services.state.findDatabase(order.projectId, 'dev')).toMatchObject({ secrets, rotation: 'roles' });
});
