import { afterAll, beforeAll, expect, test } from 'vitest';
import { startCluster } from '../support/global-cluster.ts';
import { borrowMetadata, provisioningServices, releaseMetadata } from '../support/provisioning.ts';
import { NAIVE_POINTS, runControl } from './provision-control.ts';
import { strangersOfOurs, unhealthy } from './provision-oracle.ts';
import { chaosProject } from './provision-project.ts';
import { type ChildRunner, childRunner } from './provision-run.ts';
import { killAtNamedPoints, killAtRandom, SCENES } from './provision-scenes.ts';
import { newTally, type Session } from './provision-session.ts';

/** The short version of `npm run chaos:provision`: named points once, a few random kills, some at once, the control. */
// A server of its own: the oracle looks at everything there, and other tests do damage on purpose.
const { cluster: server, stop } = await startCluster();
const metadata = borrowMetadata();
const services = provisioningServices(server, metadata);
let children: ChildRunner;

beforeAll(async () => {
  await services.state.listDatabases();
  children = await childRunner(server, metadata);
});
afterAll(async () => {
  children.close();
  await releaseMetadata(server, metadata, services);
  await stop();
});

function newSession(): Session {
  const tally = newTally();
  const blame = (where: string, problems: readonly string[]) => {
    tally.violations.push(...problems.map((problem) => `${where}: ${problem}`));
  };
  return { server, services, children, tally, stormy: false, say: () => {}, blame };
}

/** The long one and the full program kill at all of them. */
const inTheMiddle = (points: readonly string[]) => points.slice(points.length / 2, points.length / 2 + 1);
const someOf = (points: readonly string[]) => points.filter((_, at) => at % 4 === 1);

test.each(SCENES)('killed during $name, the next run finishes the work with every row', async (scene) => {
  const session = newSession();
  const choose = scene.name === 'making' ? someOf : inTheMiddle;
  const points = await killAtNamedPoints(session, scene, { choose });
  expect(session.tally.violations).toEqual([]);
  expect(session.tally.kills).toBe(choose(points).length);
  expect(points.length).toBeGreaterThanOrEqual(8);
});

test('killed at random moments of mixed work, the next run finishes it', async () => {
  const session = newSession();
  await killAtRandom(session, 4, 2);
  expect(session.tally.violations).toEqual([]);
  expect(session.tally.kills).toBeGreaterThanOrEqual(8);
});

test('processes that wish different things for one project at once are all served', async () => {
  const session = newSession();
  const project = chaosProject(session);
  await project.finish('provision', 'before');
  const verbs = ['trash', 'provision', 'purge', 'provision', 'rotate', 'trash'] as const;
  const ends = await Promise.all(verbs.map((verb) => children.run({ verb, projectId: project.id })));
  expect(ends.map(({ code, failure }) => `${code} ${failure}`)).toEqual(verbs.map(() => '0 '));
  const last = chaosProject(session);
  await last.finish('provision', 'after');
  expect(await unhealthy(services, [last.id])).toEqual([]);
  expect(await strangersOfOurs(server, services)).toEqual([]);
  expect(session.tally.violations).toEqual([]);
});

test('the naive order, killed at its points, does fail: the measure can tell', async () => {
  const control = await runControl(newSession(), metadata.metadataDatabase, NAIVE_POINTS.length);
  expect(control.unrepeatable).toBe(NAIVE_POINTS.length);
  expect(control.problems.length).toBeGreaterThanOrEqual(NAIVE_POINTS.length);
});
