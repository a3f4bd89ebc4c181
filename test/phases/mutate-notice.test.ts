import { describe, expect, test } from 'vitest';
import { Hints } from '../../src/phases/mutate/hints.ts';
import type { Failure, Lane, TestOrder } from '../../src/phases/mutate/lane.ts';
import { isNoticed, type Knowledge } from '../../src/phases/mutate/notice.ts';
import type { Trial } from '../../src/phases/mutate/trial.ts';
import { readSchemaFile } from '../support/mutation.ts';

const schema = readSchemaFile('tasks');

function trial(choice: string, tests: readonly string[] = ['test/lists.test.mjs', 'test/tasks.test.mjs']): Trial {
  return { name: choice, choice, mutant: null, isFirstWall: false, tests, kin: ['data rows of others are met too'] };
}

function knowledge(): Knowledge {
  return { hints: new Hints(schema), deadlines: new Map(), trusted: new Map() };
}

/** Tests by file, each failing for some choices; in order, as a file runs them, after those that must run before it. */
interface Told {
  readonly name: string;
  readonly fails: readonly string[];
  readonly needs?: string;
}

/** A lane whose tests are told here, and that remembers what was run. */
function lane(files: Readonly<Record<string, readonly Told[]>>) {
  const runs: string[] = [];
  const firstFailure = async ({ file, choice, pattern }: TestOrder): Promise<Failure | null> => {
    runs.push(`${file} ${choice}${pattern === undefined ? '' : ` ${pattern}`}`);
    const chosen = (files[file] ?? []).filter(({ name }) => pattern === undefined || new RegExp(pattern).test(name));
    const failed = chosen.find(
      ({ fails, needs }) => fails.includes(choice) || (needs && !chosen.some(({ name }) => name === needs)),
    );
    return failed ? { file, test: failed.name, output: '' } : null;
  };
  const nothing = async () => {};
  return {
    runs,
    lane: { firstFailure, run: nothing, empty: nothing, setWall: nothing, hasWall: false } satisfies Lane,
  };
}

describe('what noticed a fault before', () => {
  test('is remembered without the names of tables and columns in it', () => {
    const hints = new Hints(schema);
    hints.remember(trial('1'), 'the row that list_id names is forgotten');
    hints.remember(trial('2'), 'task_id cannot be a row of somebody else');
    expect(hints.for(trial('3'))).toBe(' cannot be a row of somebody else$|^the row that ');
  });

  test('is run first, alone, for a fault of the same kind', async () => {
    const known = knowledge();
    const { runs, lane: here } = lane({
      'test/lists.test.mjs': [
        { name: 'a row is made', fails: [] },
        { name: 'rows are hidden from others', fails: ['1', '2', '3'] },
      ],
    });
    for (const choice of ['1', '2', '3']) expect(await isNoticed(trial(choice), here, known)).toBe(true);
    const picked = '^rows are hidden from others$';
    expect(runs).toEqual([
      'test/lists.test.mjs 1',
      `test/lists.test.mjs 2 ${picked}`,
      // Once, to see that it passes alone.
      `test/lists.test.mjs  ${picked}`,
      `test/lists.test.mjs 3 ${picked}`,
    ]);
  });

  test('counts for nothing when it fails alone without a fault, too', async () => {
    const known = knowledge();
    const { lane: here } = lane({
      'test/lists.test.mjs': [
        { name: 'a row is made', fails: [] },
        { name: 'it is still there', fails: ['1'], needs: 'a row is made' },
      ],
    });
    expect(await isNoticed(trial('1'), here, known)).toBe(true);
    expect(await isNoticed(trial('2'), here, known)).toBe(false);
  });

  test('is no reason to stop looking: all files are run before a fault counts as not noticed', async () => {
    const known = knowledge();
    known.hints.remember(trial('0'), 'a row is made');
    const { runs, lane: here } = lane({
      'test/lists.test.mjs': [{ name: 'a row is made', fails: [] }],
      'test/tasks.test.mjs': [{ name: 'a row is removed', fails: ['1'] }],
    });
    expect(await isNoticed(trial('1'), here, known)).toBe(true);
    expect(await isNoticed(trial('2'), here, known)).toBe(false);
    expect(runs.filter((run) => !run.includes('^'))).toEqual([
      'test/lists.test.mjs 1',
      'test/tasks.test.mjs 1',
      'test/lists.test.mjs 2',
      'test/tasks.test.mjs 2',
    ]);
  });
});
