import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { databaseNames } from '../../src/domain/database.ts';
import { asAdmin, borrowMetadata, provisioningServices, releaseMetadata, wipe } from '../support/provisioning.ts';
import { naiveProblems, orphans, traces, unhealthy } from './provision-oracle.ts';
import { type ChildRunner, childRunner } from './provision-run.ts';

/** The short version of `npm run chaos:provision`: every named point once, a few random kills, and the control. */
const server = inject('cluster');
const metadata = borrowMetadata();
const services = provisioningServices(server, metadata);
let children: ChildRunner;
/** Some sixty processes are started one after the other; on a machine with other work that takes its time. */
const PATIENT = { timeout: 240_000 };

beforeAll(async () => {
  await services.state.listDatabases();
  children = await childRunner(server, metadata);
});
afterAll(async () => {
  children.close();
  await releaseMetadata(server, metadata, services);
});

/** The points a run passes, from a run that is not killed. */
async function pointsOf(verb: 'provision' | 'deprovision', projectId: string): Promise<readonly string[]> {
  const { code, points, stderr } = await children.run({ verb, projectId });
  expect(stderr).toBe('');
  expect(code).toBe(0);
  return points;
}

/** Two at a time: the machine has few cores, and neighbours at work make a kill more telling. */
async function inPairs<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  for (let at = 0; at < items.length; at += 2) await Promise.all(items.slice(at, at + 2).map(work));
}

test('killed at any point of making and of taking away, the next run finishes the work', PATIENT, async () => {
  const model = services.ids.projectId();
  const making = await pointsOf('provision', model);
  const removing = await pointsOf('deprovision', model);
  expect(making).toHaveLength(12);
  expect(removing).toHaveLength(8);
  const ids: string[] = [];
  await inPairs(making, async (killAt) => {
    const projectId = services.ids.projectId();
    ids.push(projectId);
    const killed = await children.run({ verb: 'provision', projectId, killAt });
    expect(killed.code).toBeNull();
    expect(killed.points.at(-1)).toBe(killAt);
    expect(await orphans(server, services, [projectId])).toEqual([]);
    expect(await children.run({ verb: 'provision', projectId })).toMatchObject({ code: 0, stderr: '' });
  });
  expect(await unhealthy(services, ids)).toEqual([]);
  await inPairs(removing, async (killAt) => {
    const [projectId = ''] = ids.splice(0, 1);
    expect((await children.run({ verb: 'deprovision', projectId, killAt })).code).toBeNull();
    expect(await orphans(server, services, [projectId])).toEqual([]);
    expect(await children.run({ verb: 'deprovision', projectId })).toMatchObject({ code: 0, stderr: '' });
    expect(await traces(server, services, [projectId])).toEqual([]);
  });
});

test('killed at random moments by twos, the next run finishes the work', PATIENT, async () => {
  const ids = Array.from({ length: 6 }, () => services.ids.projectId());
  await inPairs(ids, async (projectId) => {
    const kills = [0, 1].map(() =>
      children.run({ verb: 'provision', projectId, killAfterMs: 150 + Math.random() * 250 }),
    );
    await Promise.all(kills);
    expect(await orphans(server, services, [projectId])).toEqual([]);
    expect(await children.run({ verb: 'provision', projectId })).toMatchObject({ code: 0, stderr: '' });
  });
  expect(await unhealthy(services, ids)).toEqual([]);
});

test('the naive order, killed at its points, does fail: the measure can tell', PATIENT, async () => {
  await asAdmin(server, metadata.metadataDatabase, (query) =>
    query('CREATE TABLE IF NOT EXISTS naive (project_id text PRIMARY KEY, database text, password text)'),
  );
  const broken: string[] = [];
  for (const killAt of ['after:create-role', 'after:create-database', 'after:save']) {
    const projectId = services.ids.projectId();
    await children.run({ verb: 'naive', projectId, killAt });
    const again = await children.run({ verb: 'naive', projectId });
    if (again.code !== 0) broken.push(killAt);
    expect(await naiveProblems(server, metadata.metadataDatabase, [projectId])).not.toEqual([]);
    await asAdmin(server, 'postgres', (query) => wipe(query, databaseNames(projectId).database));
  }
  expect(broken).toEqual(['after:create-role', 'after:create-database', 'after:save']);
});
