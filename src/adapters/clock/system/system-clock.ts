import { setTimeout as sleep } from 'node:timers/promises';
import { customAlphabet, nanoid } from 'nanoid';
import { PROJECT_ID_ALPHABET, PROJECT_ID_LENGTH } from '../../../domain/ids.ts';
import type { Clock, Ids } from '../../../ports/clock.ts';

/** The machine's clock. */
export function systemClock(): Clock {
  return {
    now: () => Math.floor(Date.now() / 1000),
    elapsedMs: () => performance.now(),
    sleep: async (ms) => {
      await sleep(ms);
    },
  };
}

/** Ids from the machine's random numbers. */
export function randomIds(): Ids {
  const projectId = customAlphabet(PROJECT_ID_ALPHABET, PROJECT_ID_LENGTH);
  return { projectId: () => projectId(), rowId: () => nanoid() };
}
