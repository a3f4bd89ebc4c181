import type { Check, Verification } from '../../domain/verification.ts';
import type { Clock } from '../../ports/clock.ts';

/** Collects what was tried and what came of it. */
export class Evidence {
  readonly #clock: Pick<Clock, 'elapsedMs'>;
  readonly #entries: (Check | Evidence)[] = [];

  constructor(clock: Pick<Clock, 'elapsedMs'>) {
    this.#clock = clock;
  }

  /** A place for the checks of something that goes on beside the rest, so that the order tells nothing of the timing. */
  branch(): Evidence {
    const branch = new Evidence(this.#clock);
    this.#entries.push(branch);
    return branch;
  }

  /** Passed unless `prove` throws; what it throws is the detail. Tells whether it passed. */
  async check(name: string, prove: () => Promise<void>): Promise<boolean> {
    const begun = this.#clock.elapsedMs();
    let detail = '';
    try {
      await prove();
    } catch (error) {
      detail = error instanceof Error ? error.message : String(error);
    }
    const passed = detail === '';
    this.#entries.push({ name, passed, detail, ms: Math.round(this.#clock.elapsedMs() - begun) });
    return passed;
  }

  /** What `work` gives; when it throws null, with a check that failed. */
  async attempt<T>(name: string, work: () => Promise<T>): Promise<T | null> {
    const begun = this.#clock.elapsedMs();
    try {
      return await work();
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error);
      this.#entries.push({ name, passed: false, detail, ms: Math.round(this.#clock.elapsedMs() - begun) });
      return null;
    }
  }

  verdict(): Verification {
    const checks = this.#entries.flatMap((entry) => (entry instanceof Evidence ? entry.verdict().checks : [entry]));
    return { passed: checks.every((check) => check.passed), checks };
  }
}
