import { spawn } from 'node:child_process';
import type { ProgramEnd } from '../../../ports/programs.ts';
import { hideValues } from './hide-values.ts';

/** More than anybody reads; the end is what tells why. */
const KEPT_OUTPUT = 64_000;

interface Order {
  readonly command: readonly [string, ...string[]];
  readonly directory: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly deadlineMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** Runs a program in a process group of its own, so that its children go with it after the deadline or the signal. */
export function runProgram(
  { command, directory, environment, deadlineMs, signal }: Order,
  secrets: Readonly<Record<string, string>> | undefined,
): Promise<ProgramEnd> {
  const [name, ...args] = command;
  return new Promise((resolve) => {
    const program = name === 'node' ? process.execPath : name;
    const child = spawn(program, args, {
      cwd: directory,
      env: { ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    let output = '';
    const keep = (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-KEPT_OUTPUT);
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    const endGroup = () => {
      try {
        if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
      } catch {
        // It has ended by itself just now.
      }
    };
    const timer = setTimeout(endGroup, deadlineMs);
    // Ctrl-C reaches our own group only.
    process.once('exit', endGroup);
    signal?.addEventListener('abort', endGroup);
    if (signal?.aborted) endGroup();
    const finish = (code: number | null) => {
      clearTimeout(timer);
      process.off('exit', endGroup);
      signal?.removeEventListener('abort', endGroup);
      resolve({ code, output: hideValues(output, secrets) });
    };
    child.once('error', (error) => {
      output = `${name}: ${error.message}`;
      finish(null);
    });
    child.once('close', (code) => finish(code));
  });
}
