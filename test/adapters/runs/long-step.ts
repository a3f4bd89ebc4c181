import { once } from 'node:events';
import { dbosRuns } from '../../../src/adapters/runs/dbos/dbos-runs.ts';
import { isTurboError } from '../../../src/domain/errors.ts';

/** A process whose run has one step that lasts until its input ends. Says when it begins, and how the run ended. */
const login = JSON.parse(process.env.LOGIN ?? '{}');
const runs = dbosRuns({
  login: async () => login,
  schema: 'test_runs',
  patience: { engineMs: 10_000, serverMs: 5_000, watchMs: 200 },
});
const say = (end: string) => console.log(JSON.stringify({ end }));
try {
  await runs.execute('long', (step) =>
    step('one', async () => {
      console.log('begun');
      await once(process.stdin.resume(), 'end');
      console.log('worked');
      return 'of the first';
    }),
  );
  say('done');
} catch (error) {
  say(isTurboError(error) ? error.code : String(error));
}
