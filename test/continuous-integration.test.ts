import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { packageRoot } from './support/packed-files.ts';

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
