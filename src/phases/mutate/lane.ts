import { TurboError } from '../../domain/errors.ts';
import type { Needs } from '../../ports/services.ts';
import { SqlError, type SqlSession } from '../../ports/sql.ts';
import { emptyTables, wallSwitches } from './database-mutants.ts';
import { CHOICE } from './weave.ts';

/** The file of the reporter that tests are run with. */
export const REPORTER = 'first-failure.mjs';

/** Ends a file of tests with its first failure: one is enough. */
export const FIRST_FAILURE = `import { writeSync } from 'node:fs';

export default async function* firstFailure(events) {
  for await (const { type, data } of events) {
    if (type !== 'test:fail') continue;
    const { cause, message } = data.details.error;
    writeSync(1, \`failed: \${data.name}\\n\${cause?.message ?? message}\\n\`);
    process.exit(1);
  }
}
`;

/** Longer than any file of tests takes. */
const LONGEST_MS = 120_000;

/** Somebody does not want to wait any longer. */
function stopped(): TurboError {
  return new TurboError('interrupted', 'Stopped; the broken copy and its databases are taken away.', {
    hint: 'Run the same command again: it begins anew.',
  });
}

export interface Failure {
  readonly file: string;
  /** The name of the test; null when the file could not even begin. */
  readonly test: string | null;
  /** All that was printed. */
  readonly output: string;
}

/** What is run: a file of tests, or those of it whose names match; against a server with a fault, or without. */
export interface TestOrder {
  readonly file: string;
  readonly choice: string;
  readonly pattern?: string;
  readonly deadlineMs?: number;
}

/** A database that faults are tried on, one at a time. */
export interface Lane {
  /** The first test that fails; null when all pass. */
  firstFailure(order: TestOrder): Promise<Failure | null>;
  /** As the owner of the tables. */
  run(statements: string): Promise<void>;
  /** Takes all rows away. */
  empty(): Promise<void>;
  /** Whether row-level security holds. */
  setWall(isUp: boolean): Promise<void>;
  readonly hasWall: boolean;
}

const DEADLOCK = '40P01';
const MOST_TRIES = 5;

/** A server that was just ended may still be at a statement, which waits for what we have: then we go first again. */
async function inTurn(act: () => Promise<unknown>): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      await act();
      return;
    } catch (error) {
      if (!(error instanceof SqlError) || error.state !== DEADLOCK || tries === MOST_TRIES) throw error;
    }
  }
}

/** `directory` is where the project with all its faults was built. */
export async function openLane(
  session: SqlSession,
  directory: string,
  environment: Readonly<Record<string, string>>,
  { programs }: Needs<'programs'>,
  signal?: AbortSignal,
): Promise<Lane> {
  const emptyAll = await emptyTables(session);
  const [off, on] = await wallSwitches(session);
  let isWallUp = true;
  const run = async (statements: string): Promise<void> => {
    if (statements !== '') await inTurn(() => session.query(statements));
  };
  return {
    hasWall: off !== '',
    run,
    empty: () => run(emptyAll),
    async setWall(isUp) {
      if (isUp !== isWallUp) await run(isUp ? on : off);
      isWallUp = isUp;
    },
    async firstFailure({ file, choice, pattern, deadlineMs = LONGEST_MS }) {
      const only = pattern === undefined ? [] : [`--test-name-pattern=${pattern}`];
      const { code, output } = await programs.run({
        command: ['node', `--test-reporter=./${REPORTER}`, ...only, file],
        directory,
        environment: { ...environment, [CHOICE]: choice },
        deadlineMs,
        signal,
      });
      if (signal?.aborted) throw stopped();
      if (code === 0) return null;
      return { file, test: /^failed: (.*)$/m.exec(output)?.[1] ?? null, output: output.trim() };
    },
  };
}
