import type { Step } from '../ports/runs.ts';
import type { Needs } from '../ports/services.ts';

export interface PhaseTime {
  readonly phase: string;
  readonly ms: number;
  /** True when the recorded result of an earlier run was used. */
  readonly reused: boolean;
}

export type WatchedStep = <T>(phase: string, title: string, work: () => Promise<T>) => Promise<T>;

/** Runs steps through `step`, telling whoever watches when each begins and ends, and noting the times in `times`. */
export function watch(step: Step, { clock, progress }: Needs<'clock' | 'progress'>, times: PhaseTime[]): WatchedStep {
  return async (phase, title, work) => {
    const begun = clock.elapsedMs();
    let ran = false;
    progress({ kind: 'phase-started', phase, title });
    try {
      const result = await step(phase, () => {
        ran = true;
        return work();
      });
      const ms = Math.round(clock.elapsedMs() - begun);
      times.push({ phase, ms, reused: !ran });
      progress({ kind: 'phase-finished', phase, title, ms, reused: !ran });
      return result;
    } catch (error) {
      progress({ kind: 'phase-failed', phase, title, ms: Math.round(clock.elapsedMs() - begun) });
      throw error;
    }
  };
}

/**
 * Waits for all, also when one fails: a step must not go on working behind the back of a run that has ended. Then the
 * first failure is thrown.
 */
export async function together<T extends readonly unknown[]>(
  work: readonly [...T],
): Promise<{ [K in keyof T]: Awaited<T[K]> }> {
  await Promise.allSettled(work);
  return Promise.all(work) as Promise<{ [K in keyof T]: Awaited<T[K]> }>;
}
