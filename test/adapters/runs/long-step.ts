import { setTimeout as sleep } from 'node:timers/promises';
import { dbosRuns } from '../../../src/adapters/runs/dbos/dbos-runs.ts';
import { isTurboError } from '../../../src/domain/errors.ts';

/** A process whose run has one long step. Says when it begins, and how the run ended and after how long. */
const login = JSON.parse(process.env.LOGIN ?? '{}');
const runs = dbosRuns({
  login: async () => login,
  schema: 'test_runs',
  patience: { engineMs: 10_000, serverMs: 5_000, watchMs: 200 },
});
const startedAt = performance.now();
const say = (end: string) => console.log(JSON.stringify({ end, ms: performance.now() - startedAt }));
try {
  await runs.execute('long', (step) =>
    step('one', async () => {
      console.log('begun');
      await sleep(3_000);
      console.log('worked');
      return 'of the first';
    }),
  );
  say('done');
} catch (error) {
  say(isTurboError(error) ? error.code : String(error));
}
