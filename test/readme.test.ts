import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Command } from 'commander';
import { expect, test } from 'vitest';
import { ERROR_CODES } from '../src/domain/errors.ts';
import { commands } from '../src/entrypoints/cli/commands.ts';
import { EXIT_CODES } from '../src/entrypoints/cli/exit-code.ts';

const readme = await readFile(join(import.meta.dirname, '../README.md'), 'utf8');

test('every error code is in the manual with its exit code, and the manual lists no other', () => {
  const rows = [...readme.matchAll(/^\| `([a-z_]+(?:\.[a-z_]+)?)` \| (\d+) \|/gm)].map(([, code, exit]) => [
    code,
    Number(exit),
  ]);
  const wanted = ERROR_CODES.map((code) => [code, EXIT_CODES[code]]);
  expect(rows.sort()).toEqual([...wanted, ['internal', 1]].sort());
});

test('every command is in the manual', () => {
  const program = new Command();
  const names = commands.map((command) => command.define(program).name());
  const missing = names.filter((name) => !new RegExp(`^\\|[^|]*\`${name}[ \`]`, 'm').test(readme));
  expect(missing).toEqual([]);
});
