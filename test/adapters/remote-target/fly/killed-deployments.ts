import { expect } from 'vitest';
import type { RemoteDeployOrder } from '../../../../src/ports/remote-target.ts';
import { failureOf, orderOf } from '../../../contracts/remote-target.ts';
import type { FlyWorld } from '../../../support/fakes/fly/world.ts';
import { type LentFly, withFly } from './lend-fly.ts';

export const quiet = () => undefined;
/** Of an image nothing has to be started, so that many can be deployed in a moment. */
export const imageOf = (version: string, change: Partial<RemoteDeployOrder> = {}) =>
  orderOf(version, 'plain', { image: `registry.test/blog:${version}`, ...change });

/** The app of these tests. */
export function appOf({ apps }: FlyWorld) {
  const app = apps.get('blog-api');
  if (!app) throw new Error('There is no app');
  return app;
}

/** One app with two addresses, the secret of the server and its machines, and nothing that was only on the way. */
export function expectWhole({ fake: { world } }: LentFly, machines = ['web-1']) {
  const app = appOf(world);
  expect([...app.machines.values()].map(({ name }) => name).sort()).toEqual(machines);
  expect([...app.machines.values()].map(({ state }) => state)).toEqual(machines.map(() => 'started'));
  expect([...app.secrets.keys()]).toEqual(['DATABASE_URL']);
  expect([world.made.apps, world.made.ips, app.ips.length]).toEqual([1, 2, 2]);
}

/** How many calls it takes to deploy a version and then another one. */
export function countCalls(): Promise<number> {
  return withFly(async ({ target, fake }) => {
    await target.deploy(imageOf('v1'), quiet);
    await target.deploy(imageOf('v2'), quiet);
    return fake.server.calls.length;
  });
}

/** Cuts both deployments after so many calls, and does the second one again as somebody would. */
export function expectResumed(last: number): Promise<void> {
  return withFly(async (lent) => {
    const { world, server } = lent.fake;
    // From then on nothing that it does counts, as if it were gone.
    world.tokens.set('Bearer short-lived', { org: 'acme' });
    server.onCall((_call, count) => {
      if (count > last) world.tokens.delete('Bearer short-lived');
    });
    const killed = lent.again({ token: 'short-lived' });
    const story = async () => {
      await killed.deploy(imageOf('v1'), quiet);
      await killed.deploy(imageOf('v2'), quiet);
    };
    expect((await failureOf(story())).code).toBe('remote.denied');
    expect(await lent.target.deploy(imageOf('v2'), quiet), `after ${last} calls`).toMatchObject({ version: 'v2' });
    expectWhole(lent);
    await expect(lent.target.remove('blog-api', imageOf('v2').projectId)).resolves.toBe(true);
  });
}
