import type { Hints } from './hints.ts';
import type { Lane } from './lane.ts';
import type { Trial } from './trial.ts';

/** What is known when faults are tried, and what is learned. */
export interface Knowledge {
  readonly hints: Hints;
  readonly deadlines: ReadonlyMap<string, number>;
  /** Whether tests that were picked by a pattern pass without a fault, too: they may need what others do before. */
  readonly trusted: Map<string, boolean>;
}

/**
 * Whether the tests notice a fault: those that noticed its like before come first, then all files until one fails. Tests
 * that were picked count only if they pass without the fault as well.
 */
export async function isNoticed(trial: Trial, lane: Lane, known: Knowledge): Promise<boolean> {
  const { hints, deadlines } = known;
  const [likeliest = ''] = trial.tests;
  if (await isNoticedByLikeliest(trial, lane, known)) return true;
  return withFault(trial, lane, async () => {
    for (const file of trial.tests) {
      const deadlineMs = deadlines.get(file) ?? 0;
      const failure = await lane.firstFailure({ file, choice: trial.choice, deadlineMs });
      if (!failure) continue;
      if (failure.test !== null && file === likeliest) hints.remember(trial, failure.test);
      return true;
    }
    return false;
  });
}

async function isNoticedByLikeliest(trial: Trial, lane: Lane, known: Knowledge): Promise<boolean> {
  const { hints, deadlines, trusted } = known;
  const [file] = trial.tests;
  const pattern = hints.for(trial);
  if (file === undefined || pattern === null) return false;
  const key = JSON.stringify([file, pattern, trial.isFirstWall]);
  if (trusted.get(key) === false) return false;
  const only = { file, pattern, deadlineMs: deadlines.get(file) ?? 0 };
  const failure = await withFault(trial, lane, () => lane.firstFailure({ ...only, choice: trial.choice }));
  if (!failure) return false;
  const isTrusted = trusted.get(key) ?? (await lane.firstFailure({ ...only, choice: '' })) === null;
  trusted.set(key, isTrusted);
  return isTrusted;
}

/** Makes a fault of the database for the time of `work`; no rows are left. */
async function withFault<T>({ mutant }: Trial, lane: Lane, work: () => Promise<T>): Promise<T> {
  if (mutant) await lane.run(mutant.apply);
  try {
    return await work();
  } finally {
    await lane.empty();
    if (mutant) await lane.run(mutant.revert);
  }
}
