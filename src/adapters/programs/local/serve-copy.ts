import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { accessSync } from 'node:fs';
import { cp, mkdir, readdir, realpath, rm, stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { TurboError } from '../../../domain/errors.ts';
import type { TrialServer } from '../../../ports/programs.ts';
import { hideValues } from './hide-values.ts';

const OUTPUT = '.output';
const ENTRY = join('server', 'index.mjs');

/** Without a parent nobody would ever end it. SIGUSR1 would open Node's inspector, and with it everything in memory. */
const LIFELINE = `data:text/javascript,${encodeURIComponent(
  'process.on("SIGUSR1",()=>{});process.stdin.on("close",()=>process.exit(0)).resume().unref?.();',
)}`;

const DEADLINE_MS = 15_000;
const POLL_MS = 10;
const GRACE_MS = 3000;
/** Longer than anybody looks at a server. */
const LEFTOVER_MS = 60 * 60 * 1000;
const SHOWN_LOG = 2000;
/** Between the look for a free port and the server's own start somebody else may take it. */
const PORT_ATTEMPTS = 3;

interface Order {
  readonly directory: string;
  readonly trials: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly secrets: Readonly<Record<string, string>>;
}

export async function serveCopy(order: Order): Promise<TrialServer> {
  const { directory, trials, environment, secrets } = order;
  requireBuild(directory);
  await sweep(trials);
  const folder = join(trials, `${process.pid}-${randomBytes(6).toString('hex')}`);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  try {
    await cp(await realpath(join(directory, OUTPUT)), join(folder, OUTPUT), {
      recursive: true,
      verbatimSymlinks: true,
    });
    for (let attempt = 1; ; attempt += 1) {
      const server = await start(folder, environment);
      const reason = await untilAnswered(server);
      const stop = () => server.stop().then(() => rm(folder, { recursive: true, force: true }));
      if (reason === null) return { ...server, stop };
      await server.stop();
      if (attempt < PORT_ATTEMPTS && server.log().includes('EADDRINUSE')) continue;
      const log = hideValues(server.log(), secrets).slice(-SHOWN_LOG).trim();
      const shown = log === '' ? '' : `\n${log}`;
      throw new TurboError('deploy.unhealthy', `The server does not come up: ${reason}.${shown}`, {
        hint: 'Mend what its log says, then run the same command again.',
      });
    }
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

async function start(folder: string, environment: Order['environment']): Promise<TrialServer> {
  const port = await freePort();
  const child = spawn(process.execPath, ['--import', LIFELINE, join(OUTPUT, ENTRY)], {
    cwd: folder,
    env: { ...environment, HOST: '127.0.0.1', PORT: String(port) },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  return watch(child, `http://127.0.0.1:${port}`);
}

function requireBuild(directory: string): void {
  try {
    accessSync(join(directory, OUTPUT, ENTRY));
  } catch {
    throw new TurboError('build.failed', `There is no built server in ${directory}.`, {
      hint: 'turbobackend deploy builds and starts it.',
    });
  }
}

function watch(child: ChildProcess, url: string): TrialServer {
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (printed += String(chunk)));
  // It may be gone before it is let go.
  child.stdin?.on('error', () => {});
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  const isRunning = () => child.exitCode === null && child.signalCode === null && child.pid !== undefined;
  return {
    url,
    log: () => printed,
    isRunning,
    async stop() {
      if (isRunning()) child.kill('SIGTERM');
      const hurry = setTimeout(() => child.kill('SIGKILL'), GRACE_MS);
      await ended;
      clearTimeout(hurry);
    },
  };
}

/** Null when it answers; otherwise why it does not. */
async function untilAnswered({ isRunning, url }: TrialServer): Promise<string | null> {
  const deadline = performance.now() + DEADLINE_MS;
  while (performance.now() < deadline) {
    if (!isRunning()) return 'its process ended right after the start';
    const answer = await fetch(`${url}/health`, { signal: AbortSignal.timeout(2000) }).catch(() => null);
    await answer?.body?.cancel();
    if (answer) return null;
    await sleep(POLL_MS);
  }
  return `nothing answered within ${DEADLINE_MS / 1000} s`;
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer().once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() =>
        typeof address === 'object' && address ? resolve(address.port) : reject(new Error('there is no free port')),
      );
    });
  });
}

/** Removes copies of processes that are gone; one whose pid somebody else has by now goes when it is old. */
async function sweep(trials: string): Promise<void> {
  for (const name of await readdir(trials).catch(() => [])) {
    const pid = Number(/^(\d+)-[0-9a-f]+$/.exec(name)?.[1] ?? Number.NaN);
    if (!Number.isInteger(pid)) continue;
    const made = await stat(join(trials, name)).catch(() => null);
    if (made && (!isAlive(pid) || Date.now() - made.mtimeMs > LEFTOVER_MS)) {
      await rm(join(trials, name), { recursive: true, force: true }).catch(() => {});
    }
  }
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
