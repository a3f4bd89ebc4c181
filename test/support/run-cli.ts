import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { constants } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface CliOptions {
  /** Becomes HOME; turbobackend keeps its things in `<home>/turbobackend`. Made when missing. */
  readonly home: string;
  /** Default: `home`. */
  readonly cwd?: string;
  /** Added to an otherwise nearly empty environment: nothing of the machine leaks into a test. */
  readonly env?: Readonly<Record<string, string>>;
  /** Written to standard input, which is then closed. Without it standard input is /dev/null. */
  readonly input?: string;
  /** Default 230 seconds. A command that takes longer is killed and the promise rejected. */
  readonly timeoutMs?: number;
  /** Default: `bin/turbobackend.js` of this checkout. */
  readonly program?: string;
}

export interface CliResult {
  /** Exit code; 128 + the signal's number when a signal ended the command, as shells say it. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunningCli {
  readonly child: ChildProcess;
  /** What has been written so far. */
  readonly output: { stdout: string; stderr: string };
  readonly finished: Promise<CliResult>;
}

const builtProgram = fileURLToPath(new URL('../../bin/turbobackend.js', import.meta.url));

/** Starts the built command line and does not wait: for tests that interrupt or kill it. */
export function startCli(args: readonly string[], options: CliOptions): RunningCli {
  const { home, timeoutMs = 230_000, program = builtProgram } = options;
  mkdirSync(home, { recursive: true });
  const child = spawn(process.execPath, [program, ...args], {
    cwd: options.cwd ?? home,
    env: {
      PATH: [dirname(process.execPath), '/usr/bin', '/bin'].join(delimiter),
      HOME: home,
      TURBOBACKEND_HOME: join(home, 'turbobackend'),
      ...options.env,
    },
    stdio: [options.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
  });
  const output = { stdout: '', stderr: '' };
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    output.stdout += text;
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    output.stderr += text;
  });
  // A command that does not read its input may be gone before all of it is written.
  child.stdin?.on('error', () => {}).end(options.input);
  return { child, output, finished: finish(child, output, args, timeoutMs) };
}

/** Runs the built command line to its end. */
export function runCli(args: readonly string[], options: CliOptions): Promise<CliResult> {
  return startCli(args, options).finished;
}

function finish(
  child: ChildProcess,
  output: { stdout: string; stderr: string },
  args: readonly string[],
  timeoutMs: number,
): Promise<CliResult> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      // A lasting server that kept our pipes open would keep 'close' from coming.
      child.stdout?.destroy();
      child.stderr?.destroy();
      reject(new Error(`turbobackend ${args.join(' ')} took over ${timeoutMs} ms\n${output.stdout}${output.stderr}`));
    }, timeoutMs);
    child.once('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      resolve({ code: code ?? 128 + (signal ? constants.signals[signal] : 0), ...output });
    });
  });
}
