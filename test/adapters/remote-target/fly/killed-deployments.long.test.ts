import { test } from 'vitest';
import { countCalls, expectResumed } from './killed-deployments.ts';

test('a deployment to Fly.io that is killed after any call goes on where it was, and makes nothing twice', async () => {
  const total = await countCalls();
  for (let last = 1; last < total; last += 1) await expectResumed(last);
});
