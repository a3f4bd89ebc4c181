import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { packageRoot } from './support/packed-files.ts';
import { withTemporaryFolder } from './support/temporary-folder.ts';

const read = (file: string) => readFileSync(join(packageRoot, file), 'utf8');

test('CI runs the very command that the README gives for the tests', () => {
  const [, command = ''] = /^# The README's command: (.+)$/m.exec(read('.ci/run')) ?? [];
  expect(command).toContain('npm test');
  expect(read('README.md').split(/\r?\n/)).toContain(command);
  // Part by part, so that a later part runs although an earlier one has failed.
  const run = read('.ci/run')
    .split('\n')
    .filter((line) => !line.startsWith('#'));
  for (const part of command.split(' && ')) expect(run.filter((line) => line.includes(`${part} <`))).toHaveLength(1);
});

/** What a program printed on standard output, and how it ended. */
function outcome(file: string, args: readonly string[], path: string): Promise<{ stdout: string; code: unknown }> {
  const env = { PATH: `${path}${delimiter}${dirname(process.execPath)}${delimiter}/usr/bin${delimiter}/bin` };
  return new Promise((done) =>
    execFile(file, args, { env }, (error, stdout) => done({ stdout, code: error === null ? 0 : error.code })),
  );
}

describe('the end of a log tells what failed', () => {
  const planted = [
    "import { afterAll, describe, expect, test } from 'vitest';",
    "test('good', () => {});",
    "test('two things differ', () => expect({ a: 1 }).toEqual({ a: 2 }));",
    "describe('a group', () => { afterAll(() => { throw new Error('the hook'); }); test('fine', () => {}); });",
    "test('much is said', () => { throw new Error(Array.from({ length: 400 }, (_, n) => 'line ' + n).join('\\n')); });",
  ];

  test('a run closes with the names, the first lines of the errors, and the tally', () =>
    withTemporaryFolder(async (folder) => {
      const reporter = JSON.stringify(join(packageRoot, '.config', 'tally-reporter.ts'));
      const vitest = JSON.stringify(join(packageRoot, 'node_modules', 'vitest', 'dist', 'index.js'));
      writeFileSync(join(folder, 'planted.test.mjs'), planted.join('\n').replace("'vitest'", vitest));
      writeFileSync(join(folder, 'unreadable.test.mjs'), "import './nowhere.mjs';");
      writeFileSync(
        join(folder, 'vitest.config.mjs'),
        `import { TallyReporter } from ${reporter};
export default { test: { include: ['*.test.mjs'], reporters: [new TallyReporter()], maxWorkers: 1 } };`,
      );
      const program = join(packageRoot, 'node_modules', 'vitest', 'vitest.mjs');
      const { stdout, code } = await outcome(process.execPath, [program, 'run', '--root', folder], folder);
      expect(code).toBe(1);
      const lines = stdout.trimEnd().split('\n');
      expect(lines.at(-1)).toBe('2 passed, 4 failed');
      const told = lines.slice(lines.indexOf('What failed:'));
      for (const name of ['two things differ', 'a group', 'much is said']) {
        expect(told).toContain(`x planted.test.mjs > ${name}`);
      }
      expect(told).toContain('x unreadable.test.mjs');
      expect(told.filter((line) => /^ {4}(the hook|- .+"a": 2,|line 5)$/.test(line))).toHaveLength(3);
      expect(told.filter((line) => /planted\.test\.mjs:3:/.test(line))).toHaveLength(1);
      expect(told.length).toBeLessThan(60);
    }));

  test('CI says it again behind the checks, and keeps the tally as its last line', () =>
    withTemporaryFolder(async (folder) => {
      mkdirSync(join(folder, 'bin'));
      cpSync(join(packageRoot, '.ci'), join(folder, '.ci'), { recursive: true });
      const log = 'running\n\nWhat failed:\nx test/a.test.ts > b\n    why\n\n3 passed, 1 failed\n';
      const npm = `#!/bin/sh\n[ "$1" != test ] || { printf '%s' '${log}'; exit 1; }\necho "npm $*"\n`;
      writeFileSync(join(folder, 'bin', 'npm'), npm, { mode: 0o755 });
      const { stdout, code } = await outcome('bash', [join(folder, '.ci', 'run')], join(folder, 'bin'));
      expect(code).toBe(1);
      const end = stdout.slice(stdout.lastIndexOf('npm run check'));
      expect(end).toBe(
        'npm run check\n\nWhat failed:\nx test/a.test.ts > b\n    why\n\nFAILED: npm test\n3 passed, 1 failed\n',
      );
    }));
});
