import { describeRemoteTarget } from '../../../contracts/remote-target.ts';
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
