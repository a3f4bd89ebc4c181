import { type ChildProcess, fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readdir, rename, rm, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { TurboError } from '../../../domain/errors.ts';
import type { Builder } from '../../../ports/builder.ts';
import type { BuildOrder, BuildOutcome } from './build-worker.ts';
import { bundleFile } from './bundle-file.ts';
import { linkPackages, NEW_LINKS } from './link-packages.ts';

const DEADLINE_MS = 180_000;
const KEPT_OUTPUT = 16_000;

export interface NitroBuilderOptions {
  /** Folder from which turbobackend's own packages are found. */
  readonly packageRoot: string;
  /** The build worker as JavaScript. */
  readonly workerPath: string;
  /** A build that takes longer is ended; milliseconds. */
  readonly deadlineMs?: number;
}

interface Worker {
  readonly child: ChildProcess;
  /** Settles when the process has ended. */
  readonly ended: Promise<void>;
  /** The last of what it printed. */
  output: string;
  /** How much it printed in all, in bytes. */
  printed: number;
}

/** Builds Nitro projects in a process of its own, without downloading anything. */
export function nitroBuilder(options: NitroBuilderOptions): Builder {
  let warm: Worker | null = null;
  const running = new Set<Worker>();

  function start(): Worker {
    const tools = createRequire(join(options.packageRoot, 'package.json')).resolve('nitro/builder');
    const child = fork(options.workerPath, [pathToFileURL(tools).href], {
      // Nothing of the caller's environment, which may hold secrets, reaches what is built or built with.
      env: { NODE_ENV: 'production', CI: 'true', NO_COLOR: '1' },
      execArgv: [],
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    const ended = new Promise<void>((resolve) => {
      child.once('exit', () => resolve());
      child.once('error', () => resolve());
    });
    const worker: Worker = { child, ended, output: '', printed: 0 };
    const keep = (chunk: Buffer): void => {
      worker.printed += chunk.length;
      worker.output = (worker.output + chunk.toString()).slice(-KEPT_OUTPUT);
    };
    child.stdout?.on('data', keep);
    child.stderr?.on('data', keep);
    running.add(worker);
    void ended.then(() => running.delete(worker));
    return worker;
  }

  return {
    warmUp() {
      warm ??= start();
    },
    async build(directory, { packagesOf } = {}) {
      const deadlineMs = options.deadlineMs ?? DEADLINE_MS;
      await recover(directory, deadlineMs);
      await linkPackages(directory, options.packageRoot, packagesOf);
      const worker = warm?.child.connected ? warm : start();
      warm = null;
      await buildWith(worker, directory, deadlineMs);
    },
    prepare: (directory) => linkPackages(directory, options.packageRoot),
    async bundle(directory, file) {
      await linkPackages(directory, options.packageRoot);
      return bundleFile(directory, file);
    },
    async close() {
      warm = null;
      for (const worker of running) worker.child.kill('SIGKILL');
      await Promise.all([...running].map((worker) => worker.ended));
    },
  };
}

async function buildWith(worker: Worker, directory: string, deadlineMs: number): Promise<void> {
  const outputDir = join(directory, `${NEW}${process.pid}-${randomBytes(4).toString('hex')}`);
  try {
    const outcome = await order(worker, { rootDir: directory, outputDir }, deadlineMs);
    if (!outcome.ok) throw failure(outcome.message, worker);
    await swapIn(outputDir, directory);
  } finally {
    await rm(outputDir, { recursive: true, force: true });
  }
}

function order(worker: Worker, message: BuildOrder, deadlineMs: number): Promise<BuildOutcome> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      worker.child.kill('SIGKILL');
      resolve({ ok: false, message: `it took longer than ${Math.round(deadlineMs / 1000)} s` });
    }, deadlineMs);
    worker.child.once('message', (outcome: BuildOutcome) => resolve(outcome));
    void worker.ended.then(() => {
      clearTimeout(timer);
      resolve({ ok: false, message: 'the build process ended early' });
    });
    worker.child.send(message, (error) => {
      if (error) resolve({ ok: false, message: error.message });
    });
  });
}

/** biome-ignore lint/suspicious/noControlCharactersInRegex: colours are made of them */
const COLOUR = /\u001b\[[0-9;]*m/g;

function failure(message: string, { output, printed }: Worker): TurboError {
  const reason = message.replace(COLOUR, '').trim().slice(0, 4000);
  return new TurboError('build.failed', `The project does not build: ${reason}`, {
    hint: 'Fix the file named above and run: turbobackend deploy',
    details: { output: (printed > KEPT_OUTPUT ? `[the end of ${printed} bytes]\n` : '') + output.replace(COLOUR, '') },
  });
}

const OUTPUT = '.output';
const NEW = '.output.new-';
const OLD = '.output.old';
/** Between the last file a build writes and its end. */
const SLACK_MS = 60_000;

/** Puts right what a killed build left: the old output under its other name, and folders half made. */
async function recover(directory: string, deadlineMs: number): Promise<void> {
  const isThere = (name: string) =>
    stat(join(directory, name)).then(
      () => true,
      () => false,
    );
  if (await isThere(OLD)) {
    if (await isThere(OUTPUT)) await rm(join(directory, OLD), { recursive: true, force: true });
    else await rename(join(directory, OLD), join(directory, OUTPUT));
  }
  for (const name of await readdir(directory)) {
    const prefix = [NEW, NEW_LINKS].find((start) => name.startsWith(start));
    const pid = prefix ? /^(\d+)-[0-9a-f]+$/.exec(name.slice(prefix.length))?.[1] : undefined;
    if (pid && (await isLeftover(join(directory, name), Number(pid), deadlineMs))) {
      await rm(join(directory, name), { recursive: true, force: true });
    }
  }
}

/** Made by a process that is gone, or whose pid another has by now: no build takes that long. */
async function isLeftover(path: string, pid: number, deadlineMs: number): Promise<boolean> {
  if (!isAlive(pid)) return true;
  const made = await stat(path).catch(() => null);
  return made !== null && Date.now() - made.mtimeMs > deadlineMs + SLACK_MS;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Another user's process is one, too.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

async function swapIn(fresh: string, directory: string): Promise<void> {
  const [current, old] = [join(directory, OUTPUT), join(directory, OLD)];
  await rename(current, old).catch(() => undefined);
  await rename(fresh, current);
  await rm(old, { recursive: true, force: true });
}
