import { stripVTControlCharacters } from 'node:util';
import type { Reporter, TestModule } from 'vitest/node';

const MOST_LINES_OF_ONE = 10;
const MOST_LINES_OF_ALL = 40;
const MOST_NAMES = 15;
const WIDTH = 200;

interface Failure {
  readonly name: string;
  readonly errors: readonly unknown[];
}

/**
 * Closes a run with one plain line that machines and people can read: `12 passed, 0 failed`. Before it, when something
 * failed: `What failed:`, each name and the first lines of its errors, so that the end of a log is enough.
 * A test file that could not even be loaded, and an error outside every test, count as failed: neither may hide.
 */
export class TallyReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const failures: Failure[] = [];
    let passed = 0;
    let failed = unhandledErrors.length;
    let skipped = 0;
    const note = (name: string, errors: readonly unknown[]) => {
      if (errors.length > 0) failures.push({ name, errors });
    };
    for (const module of modules) {
      const file = module.relativeModuleId;
      failed += module.errors().length;
      note(file, module.errors());
      for (const suite of module.children.allSuites()) {
        failed += suite.errors().length;
        note(`${file} > ${suite.fullName}`, suite.errors());
      }
      for (const test of module.children.allTests()) {
        const { state, errors } = test.result();
        if (state === 'passed') passed += 1;
        else if (state === 'failed') {
          failed += 1;
          note(`${file} > ${test.fullName}`, errors.length > 0 ? errors : [undefined]);
        } else skipped += 1;
      }
    }
    note('outside every test', unhandledErrors);
    const told = failures.length > 0 ? `\nWhat failed:\n${tell(failures).join('\n')}\n` : '';
    process.stdout.write(`${told}\n${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}\n`);
  }
}

/** As many with their errors as there is room for; of the others the names. */
function tell(failures: readonly Failure[]): readonly string[] {
  const lines: string[] = [];
  let told = 0;
  for (const failure of failures) {
    const block = [`x ${failure.name}`, ...failure.errors.flatMap(firstLines).map((line) => `    ${line}`)];
    if (lines.length + block.length > MOST_LINES_OF_ALL) break;
    lines.push(...block);
    told += 1;
  }
  const others = failures.slice(told);
  lines.push(...others.slice(0, MOST_NAMES).map(({ name }) => `x ${name}`));
  if (others.length > MOST_NAMES) lines.push(`… and ${others.length - MOST_NAMES} more`);
  return lines.map((line) => (line.length > WIDTH ? `${line.slice(0, WIDTH)}…` : line));
}

/** What an error says, what was expected instead, and the line of the test: without colours and without node_modules. */
function firstLines(error: unknown): readonly string[] {
  if (typeof error !== 'object' || error === null) return [String(error ?? 'failed without an error')];
  const text = (key: string) => {
    const value: unknown = Reflect.get(error, key);
    return typeof value === 'string'
      ? stripVTControlCharacters(value)
          .split(/\r?\n/)
          .filter((line) => line.trim())
      : [];
  };
  const stack = text('stack').filter((line) => /^\s+at /.test(line));
  const place = stack.find((line) => line.includes('/test/')) ?? stack[0];
  const said = [...text('message').slice(0, 6), ...text('diff').slice(0, MOST_LINES_OF_ONE)];
  return [...said.slice(0, MOST_LINES_OF_ONE - 1), ...(place === undefined ? [] : [place.trim()])];
}
