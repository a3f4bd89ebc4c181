import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { Command } from 'commander';
import { expect, test } from 'vitest';
import { completionCommand } from '../../../src/entrypoints/cli/commands/completion.ts';
import { commands } from '../../../src/entrypoints/cli/commands.ts';
import { completionScript, SHELLS } from '../../../src/entrypoints/cli/output/completion-script.ts';

const WORDS = {
  name: 'tool',
  summary: '',
  options: ['--json'],
  subcommands: [
    { name: 'grow', summary: "a farmer's deed", options: ['--fast', '--far'], subcommands: [] },
    {
      name: 'db',
      summary: 'the store',
      options: [],
      subcommands: [{ name: 'start', summary: 'start it', options: ['--port'], subcommands: [] }],
    },
  ],
};

test.each([
  [['gr'], ['grow']],
  [
    ['grow', '--fa'],
    ['--fast', '--far'],
  ],
  [['db', 'st'], ['start']],
  [['--json', 'db', 'start', '--p'], ['--port']],
  [['grow', '--js'], ['--json']],
])('bash completes %j to %j', async (typed, want) => {
  const line = ['tool', ...typed].map((word) => `'${word}'`).join(' ');
  const program = `${completionScript('bash', WORDS)}\nCOMP_WORDS=(${line}); COMP_CWORD=${typed.length}; _tool; echo "\${COMPREPLY[@]}"`;
  const { stdout } = await promisify(execFile)('bash', ['--norc', '-c', program]);
  expect(stdout.trim().split(' ')).toEqual(want);
});

test.each(SHELLS)('the script for %s names every command there is, and each quotation is closed', async (shell) => {
  const program = new Command('turbobackend');
  for (const command of commands) command.define(program);
  const run = completionCommand.run.bind(completionCommand);
  const cli: Parameters<typeof run>[0] = Object.create(null);
  const { data } = await run(cli, { args: [shell], options: {} });
  const script = String(Object(data).script);
  for (const { name } of program.commands.map((one) => ({ name: one.name() }))) expect(script).toContain(name);
  expect(script.replaceAll(/\\'/g, '').split("'").length % 2).toBe(1);
});
