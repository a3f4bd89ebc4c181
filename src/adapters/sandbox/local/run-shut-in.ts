import { spawn } from 'node:child_process';
import type { ProgramEnd } from '../../../ports/programs.ts';

/** The last of what it prints: a program that prints without end must not fill our memory. */
const KEPT_OUTPUT = 64_000;
const MAX_OUTPUT_BYTES = 16 * 1024 * 1024;

interface Order {
  readonly command: readonly string[];
  readonly directory: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly deadlineMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** All that a program knows of its surroundings. */
const SURROUNDINGS = {
  PATH: '/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin',
  HOME: '/tmp',
  TMPDIR: '/tmp',
  LANG: 'C.UTF-8',
  CI: 'true',
  NO_COLOR: '1',
};

/** Runs a command to its end, in a process group of its own that ends with it, with the deadline, or with us. */
export function runShutIn({ command, directory, environment, deadlineMs, signal }: Order): Promise<ProgramEnd> {
  const [program = '', ...args] = command;
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      cwd: directory,
      env: { ...SURROUNDINGS, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    let output = '';
    let bytes = 0;
    const endGroup = () => {
      try {
        if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
      } catch {
        // It has ended by itself just now.
      }
    };
    const keep = (chunk: Buffer) => {
      bytes += chunk.byteLength;
      output = (output + chunk.toString()).slice(-KEPT_OUTPUT);
      if (bytes > MAX_OUTPUT_BYTES) endGroup();
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    const timer = setTimeout(endGroup, deadlineMs);
    process.once('exit', endGroup);
    signal?.addEventListener('abort', endGroup);
    if (signal?.aborted) endGroup();
    const finish = (code: number | null) => {
      clearTimeout(timer);
      process.off('exit', endGroup);
      signal?.removeEventListener('abort', endGroup);
      // Whoever it started and left behind.
      endGroup();
      resolve({ code, output });
    };
    child.once('error', (error) => {
      output = `${program}: ${error.message}`;
      finish(null);
    });
    child.once('close', (code) => finish(code));
  });
}
