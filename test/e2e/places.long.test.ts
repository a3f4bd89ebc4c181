import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { lendFolder } from '../support/lend-folder.ts';
import { runCli } from '../support/run-cli.ts';
import { runInTerminal } from '../support/terminal.ts';

/** Terminals, outputs and homes that are not as one expects; nothing here needs PostgreSQL. */

const { folder: home, giveBack } = lendFolder();
afterAll(giveBack);

const program = fileURLToPath(new URL('../../bin/turbobackend.js', import.meta.url));
const plan = ['create', 'blog API', '--dry-run'];

/** A shell starts the program, as `"$@"`: for redirections. */
function shell(script: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const { status, stdout, stderr } = spawnSync(
    'bash',
    ['--norc', '-c', script, 'bash', process.execPath, program, ...args],
    {
      cwd: home,
      encoding: 'utf8',
      env: {
        PATH: `${dirname(process.execPath)}:/usr/bin:/bin`,
        TURBOBACKEND_HOME: join(home, 'turbobackend'),
        ...env,
      },
    },
  );
  return { code: status, stdout, stderr };
}

test('without a language, on a dumb and narrow terminal there is plain text', async () => {
  const env = { TERM: 'dumb', NO_COLOR: '1', COLUMNS: '20' };
  const { code, stdout, stderr } = await runCli(plan, { home, env });
  expect([code, stderr]).toEqual([0, '']);
  expect(stdout).toContain('blog-api');
  expect(stdout).not.toContain('\u001b');
});

test.each([
  ['a closed output', '"$@" >&-', 0],
  ['all of it closed', '"$@" <&- >&- 2>&-', 0],
  ['a reader that has enough', 'set -o pipefail; "$@" | true', 0],
  ['a full disk', '"$@" >/dev/full', 4],
])('%s costs no stack trace', (_name, script, code) => {
  for (const args of [plan, ['--help'], ['design-schema', 'a shop', '--json', '--no-save']]) {
    const ended = shell(script, args);
    expect([args[0], ended.code]).toEqual([args[0], code]);
    expect(ended.stderr).not.toMatch(/^\s+at /m);
    if (code !== 0) expect(ended.stderr).toContain('workspace.full');
  }
});

test('an error that nobody can read keeps its exit code', () => {
  expect(shell('"$@" 2>&-', ['status', 'x', '--frobnicate']).code).toBe(2);
  expect(shell('"$@" 2>/dev/full', ['status', 'x', '--frobnicate']).code).toBe(2);
});

test('Ctrl-C and Ctrl-D at a question end it, with the terminal as it was', async () => {
  for (const press of ['\u0003', '\u0004']) {
    const { screen, code, isCooked } = await runInTerminal(['create'], { home, at: /What is the backend for/, press });
    expect([code, isCooked]).toEqual([130, true]);
    expect(screen).toContain('interrupted');
    // Hidden while the question is drawn, shown again at the end.
    expect(screen.lastIndexOf('\u001b[?25h')).toBeGreaterThanOrEqual(screen.lastIndexOf('\u001b[?25l'));
  }
});

test.each([
  ['a home where no folder can be made', { HOME: '/proc/home' }, ['list']],
  ['a home that is no folder', { HOME: '/dev/null' }, ['list']],
  ['a home that is no folder, for settings', { HOME: '/dev/null' }, ['config', 'set', 'owner', 'ada']],
])('%s is one clear error', (_name, env, args) => {
  const { code, stdout, stderr } = shell('unset TURBOBACKEND_HOME; "$@"', [...args, '--json'], env);
  expect([code, JSON.parse(stdout).error.code, stderr]).toEqual([4, 'workspace.unwritable', '']);
});

test('settings that cannot be read are one clear error', async () => {
  const odd = join(home, 'odd');
  mkdirSync(join(odd, 'config.json'), { recursive: true });
  for (const args of [['list'], ['config', 'list'], ['config', 'set', 'owner', 'ada']]) {
    const { code, stdout } = await runCli([...args, '--json'], { home, env: { TURBOBACKEND_HOME: odd } });
    expect([code, JSON.parse(stdout).error.code]).toEqual([4, 'workspace.unwritable']);
  }
});

test('an empty HOME is not the current folder', () => {
  const { code, stdout } = shell('unset TURBOBACKEND_HOME; HOME= "$@"', ['config', 'list', '--json']);
  expect(code).toBe(0);
  expect(JSON.parse(stdout).home).toMatch(/^\//);
});

test('a user nobody knows, without HOME, can use what needs no home', () => {
  // As in a container that runs under a number of its own.
  const unknownUser = `import os from 'node:os'; import { syncBuiltinESMExports } from 'node:module';
    const unknown = () => { throw new Error('ENOENT: no such user'); };
    os.userInfo = unknown; os.homedir = () => process.env.HOME || unknown(); syncBuiltinESMExports();`;
  const NODE_OPTIONS = `--import data:text/javascript,${encodeURIComponent(unknownUser)}`;
  const { code, stdout, stderr } = shell('unset HOME TURBOBACKEND_HOME; "$@"', [...plan, '--json'], { NODE_OPTIONS });
  expect([code, stderr]).toEqual([0, '']);
  expect(JSON.parse(stdout).dryRun).toBe(true);
});
