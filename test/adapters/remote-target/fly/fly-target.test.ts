import { expect, test } from 'vitest';
import { describeRemoteTarget, orderOf } from '../../../contracts/remote-target.ts';
import { withFly } from './lend-fly.ts';

describeRemoteTarget('fly', (work) =>
  withFly(({ fake, target }) =>
    work({
      target,
      address: fake.appUrl,
      count: () => {
        const machines = [...fake.world.apps.values()].reduce((sum, app) => sum + app.machines.size, 0);
        return {
          made: [fake.world.made.apps, fake.world.made.machines],
          there: [fake.world.apps.size, machines],
        };
      },
    }),
  ),
);

test('what is sent to Fly.io agrees with a client that others made of its document', () =>
  withFly(
    async ({ target }) => {
      const image = 'registry.test/blog:1';
      await target.check();
      await target.deploy(orderOf('v1', 'plain', { image }), () => undefined);
      await target.scale('blog-api', { count: 2, memoryMb: 512 });
      await target.deploy(orderOf('v2', 'plain', { image: `${image}2` }), () => undefined);
      expect(await target.rollback('blog-api')).toMatchObject({ version: 'v1' });
      expect(await target.remove('blog-api', orderOf('v1').projectId)).toBe(true);
    },
    { isDerived: true },
  ));
