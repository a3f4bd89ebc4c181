import { expect, test } from 'vitest';
import { databaseNames } from '../../src/domain/database.ts';
import { findLeftScratches, sweepScratches, withScratchDatabase } from '../../src/operations/scratch-database.ts';
import { lendProvisioning } from '../support/lend-provisioning.ts';
import { asAdmin } from '../support/provisioning.ts';

const { server, services, newProject } = lendProvisioning();

async function exists(id: string): Promise<boolean> {
  const { database } = databaseNames(id);
  const rows = await asAdmin(server, 'postgres', (query) =>
    query(
      `SELECT datname AS name FROM pg_database WHERE datname = $1 UNION SELECT rolname FROM pg_roles WHERE rolname LIKE $2`,
      [database, `${database}%`],
    ),
  );
  return rows.length > 0;
}

test('a scratch database is there for its work, with three logins, and then nothing of it is', async () => {
  const { projectId } = newProject();
  const id = await withScratchDatabase(projectId, services, async (scratch) => {
    for (const role of ['mig', 'app', 'ro'] as const) {
      const session = await services.sql.connect(await scratch.login(role));
      const { rows } = await session.query('SELECT current_database() AS name');
      expect(rows).toEqual([{ name: databaseNames(scratch.id).database }]);
      await session.close();
    }
    expect(await services.state.listForsaken()).toEqual([]);
    return scratch.id;
  });
  expect(await exists(id)).toBe(false);
  expect(await services.state.listScratches()).toEqual([]);
  expect(await services.state.listDatabases(id)).toEqual([]);
});

test('what fails in its work passes through, and takes the database along', async () => {
  const { projectId } = newProject();
  let id = '';
  const work = withScratchDatabase(projectId, services, async (scratch) => {
    id = scratch.id;
    throw new RangeError('no luck');
  });
  await expect(work).rejects.toThrow('no luck');
  expect(await exists(id)).toBe(false);
});

test('two at once have one each, and a sweep takes neither', async () => {
  const { projectId } = newProject();
  await withScratchDatabase(projectId, services, (one) =>
    withScratchDatabase(projectId, services, async (other) => {
      expect(other.id).not.toBe(one.id);
      await sweepScratches(projectId, services);
      expect([await exists(one.id), await exists(other.id)]).toEqual([true, true]);
      expect(await findLeftScratches(projectId, services)).toEqual([]);
    }),
  );
});

/** Killed: its lock is gone, everything else is still there. */
async function leave(projectId: string): Promise<string> {
  const broken = {
    ...services,
    databases: {
      ...services.databases,
      withProjectLock: (async (id, work, onWait) => {
        if (!id.endsWith('_in_use')) return services.databases.withProjectLock(id, work, onWait);
        return work(undefined as never);
      }) as typeof services.databases.withProjectLock,
    },
  };
  let id = '';
  void withScratchDatabase(projectId, broken, async (scratch) => {
    id = scratch.id;
    await new Promise(() => {});
  });
  await expect.poll(() => id).not.toBe('');
  return id;
}

test('what a killed process left goes with the next verification of its project, and with no other', async () => {
  const { projectId } = newProject();
  const id = await leave(projectId);
  await sweepScratches(newProject().projectId, services);
  expect(await exists(id)).toBe(true);
  expect(await findLeftScratches(projectId, services)).toEqual([{ id, projectId }]);
  await sweepScratches(projectId, services);
  expect(await exists(id)).toBe(false);
  expect(await services.state.listScratches(projectId)).toEqual([]);
});
