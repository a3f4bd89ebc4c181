import { afterAll, beforeAll, expect, test } from 'vitest';
import { startCluster } from '../support/global-cluster.ts';
import { borrowMetadata, provisioningServices, releaseMetadata } from '../support/provisioning.ts';
import { type ChildRunner, childRunner } from './provision-run.ts';
import { killAtNamedPoints, SCENES } from './provision-scenes.ts';
import { newTally, type Session } from './provision-session.ts';

/** Every named point of every scene once: more than provision.test.ts, less than `npm run chaos:provision`. */
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

test.each(SCENES)('killed during $name, the next run finishes the work with every row', async (scene) => {
  const tally = newTally();
  const blame = (where: string, problems: readonly string[]) => {
    tally.violations.push(...problems.map((problem) => `${where}: ${problem}`));
  };
  const session: Session = { server, services, children, tally, stormy: false, say: () => {}, blame };
  const points = await killAtNamedPoints(session, scene);
  expect(tally.violations).toEqual([]);
  expect(tally.kills).toBe(points.length);
});
