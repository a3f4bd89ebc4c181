import { expect } from 'vitest';
import { runCli } from './run-cli.ts';

/** What somebody types, the code of the error it ends in, and the exit code. */
export interface Refusal {
  readonly args: readonly string[];
  readonly code: string;
  readonly exit: number;
}

export const REFUSALS: readonly (readonly [name: string, Refusal])[] = [
  ['an empty request', { args: ['create', ''], code: 'request.empty', exit: 2 }],
  ['a request of spaces', { args: ['create', ' \t\n '], code: 'request.empty', exit: 2 }],
  ['a request of invisible characters', { args: ['create', '\u200b\u202e\ufeff'], code: 'request.empty', exit: 2 }],
  ['a request of 9 KB', { args: ['create', 'blog '.repeat(1900)], code: 'request.too_long', exit: 2 }],
  ['no request and nobody to ask', { args: ['create'], code: 'usage.missing', exit: 2 }],
  ['a name that climbs out', { args: ['create', 'blog', '--name', '../../x'], code: 'name.invalid', exit: 2 }],
  ['a name that is a path', { args: ['create', 'blog', '--name', '/etc/x'], code: 'name.invalid', exit: 2 }],
  ['a name with a slash', { args: ['create', 'blog', '--name', 'a/b'], code: 'name.invalid', exit: 2 }],
  ['an empty name', { args: ['create', 'blog', '--name', ''], code: 'name.invalid', exit: 2 }],
  ['a port that is none', { args: ['create', 'blog', '--port', '80.5'], code: 'usage.invalid', exit: 2 }],
  ['a command that does not exist', { args: ['destory'], code: 'usage.invalid', exit: 2 }],
  ['an option that does not exist', { args: ['create', 'blog', '--frobnicate'], code: 'usage.invalid', exit: 2 }],
  ['a choice that does not exist', { args: ['create', 'blog', '--database', 'maybe'], code: 'usage.invalid', exit: 2 }],
  ['a phase outside of a project', { args: ['provision'], code: 'project.not_found', exit: 2 }],
  ['a setting that does not exist', { args: ['config', 'set', 'password', 'x'], code: 'usage.invalid', exit: 2 }],
  ['an empty name of a project to take away', { args: ['destroy', '', '--yes'], code: 'project.not_found', exit: 2 }],
  ['a name of blanks of a project to stop', { args: ['stop', '  '], code: 'project.not_found', exit: 2 }],
  ['a number of lines that is none', { args: ['logs', '-n', 'many'], code: 'usage.invalid', exit: 2 }],
];

/** People get the code and what to do next, and no stack. */
export async function expectShown({ args, code, exit }: Refusal, home: string): Promise<void> {
  const result = await runCli(args, { home });
  expect(result.code).toBe(exit);
  expect(result.stdout).toBe('');
  expect(result.stderr).toContain(code);
  expect(result.stderr).toContain('→');
  expect(result.stderr).not.toMatch(/^\s+at /m);
}
