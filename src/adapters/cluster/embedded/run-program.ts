import { spawn } from 'node:child_process';
import type { ServerUser } from './server-user.ts';

/** What PostgreSQL's programs get to see of our environment: nothing of ours, no PG* variable of the user. */
export const PROGRAM_ENV: Readonly<Record<string, string>> = { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' };

export interface ProgramResult {
  /** Exit code, or null when a signal ended it. */
  readonly code: number | null;
  /** The last 4000 characters it printed, standard output and error together. */
  readonly output: string;
}

/** Runs a program to its end, as the server's account. Throws node's error when it cannot be started at all. */
export function runProgram(
  file: string,
  args: readonly string[],
  options: { user: ServerUser | null; input?: string },
): Promise<ProgramResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { cwd: '/', env: PROGRAM_ENV, stdio: 'pipe', ...options.user });
    let output = '';
    const collect = (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-4000);
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    child.stdin.on('error', () => {});
    child.stdin.end(options.input ?? '');
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, output }));
  });
}
