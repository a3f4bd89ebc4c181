import { afterAll, test } from 'vitest';
import { lendFolder } from '../support/lend-folder.ts';
import { expectShown, REFUSALS } from '../support/refusals.ts';
import { stopHome } from '../support/stop-home.ts';

/** Some of them are in bad-input.test.ts, all of them as JSON too. */
const { folder: home, giveBack } = lendFolder();
afterAll(() => stopHome(home).finally(giveBack));

test.each(REFUSALS)('%s is told to people with what to type next', (_name, refusal) => expectShown(refusal, home));
