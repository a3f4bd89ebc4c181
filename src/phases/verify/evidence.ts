import type { Check, Verification } from '../../domain/verification.ts';
import type { Clock } from '../../ports/clock.ts';

/** Collects what was tried and what came of it. */
export class Evidence {
  readonly #clock: Pick<Clock, 'elapsedMs'>;
  readonly #checks: Check[] = [];

  constructor(clock: Pick<Clock, 'elapsedMs'>) {
    this.#clock = clock;
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
    this.#checks.push({ name, passed, detail, ms: Math.round(this.#clock.elapsedMs() - begun) });
    return passed;
  }

  verdict(): Verification {
    return { passed: this.#checks.every((check) => check.passed), checks: [...this.#checks] };
  }
}
