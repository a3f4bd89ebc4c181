import { isTurboError } from '../domain/errors.ts';
import { type SectionResult, toSection } from '../domain/verdict.ts';
import { SECTIONS, type Section, type SectionName } from '../domain/verification.ts';
import type { Needs } from '../ports/services.ts';
import { SqlError } from '../ports/sql.ts';

const TITLES: Readonly<Record<SectionName, string>> = {
  types: 'Check the types',
  lint: 'Look for faults of style',
  build: 'Build the server',
  boot: 'Start it on a database of its own',
  statements: 'Prepare every statement',
  behaviour: 'Use every endpoint',
  contract: 'Hold answers against the description of the API',
  tests: 'Run the tests of the project',
  attacks: 'Attack it',
  mutation: 'Break it on purpose',
};

/** Collects the parts of a report; what nobody has looked at is skipped, with a reason. */
export class Sections {
  readonly #services: Needs<'clock' | 'progress'>;
  readonly #isTold: boolean;
  readonly #done = new Map<SectionName, Section>();

  /** `isTold`: each part is a phase of its own to whoever watches. */
  constructor(services: Needs<'clock' | 'progress'>, isTold: boolean) {
    this.#services = services;
    this.#isTold = isTold;
  }

  /** What is refused on the way is a failed check; only bugs, and who stops it, pass through. */
  async run(name: SectionName, work: () => Promise<SectionResult>): Promise<boolean> {
    const { clock, progress } = this.#services;
    const begun = clock.elapsedMs();
    const [phase, title] = [name, TITLES[name]];
    if (this.#isTold) progress({ kind: 'phase-started', phase, title });
    const result = await work().catch((error: unknown) => refused(title, error));
    const ms = Math.round(clock.elapsedMs() - begun);
    const section = toSection(name, result, ms);
    this.#done.set(name, section);
    if (this.#isTold) this.#tell(section, title);
    return section.outcome !== 'failed';
  }

  #tell({ name, outcome, reason, ms }: Section, title: string): void {
    const { progress } = this.#services;
    const told = outcome === 'skipped' ? `${title}: skipped, ${reason}` : title;
    if (outcome === 'failed') progress({ kind: 'phase-failed', phase: name, title, ms });
    else progress({ kind: 'phase-finished', phase: name, title: told, ms, reused: false });
  }

  skip(name: SectionName, reason: string): void {
    this.#done.set(name, toSection(name, { skipped: reason }, 0));
  }

  /** In the order of the report. */
  all(reasonOfOthers: (name: SectionName) => string): readonly Section[] {
    return SECTIONS.map((name) => this.#done.get(name) ?? toSection(name, { skipped: reasonOfOthers(name) }, 0));
  }
}

function refused(name: string, error: unknown): SectionResult {
  const isTold = isTurboError(error) && error.code !== 'interrupted';
  if (!isTold && !(error instanceof SqlError)) throw error;
  return { checks: [{ name, passed: false, detail: error.message, ms: 0 }] };
}
