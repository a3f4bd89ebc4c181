import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { accessSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { TurboError } from '../../../domain/errors.ts';
import { signal } from '../../shared/process/identity.ts';
import { endProcesses, livePair } from './end-processes.ts';
import { watchLog } from './log-excerpt.ts';
import { findPortOwner } from './port-owner.ts';
import { probeHealth } from './probe-health.ts';
import { hasDotEnv, SERVER_ENTRY } from './server-files.ts';
import { readState, type StateFolder, type SupervisorOrder, writeJson } from './state-files.ts';

export interface LaunchSettings {
  readonly supervisorPath: string;
  readonly nodePath: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly tuning: { readonly healthDeadlineMs: number } & Pick<SupervisorOrder, 'graceMs' | 'restart' | 'log'>;
}

/** What is to be started, and how. */
export interface LaunchWish {
  readonly projectId: string;
  readonly directory: string;
  readonly port: number;
  /** Name of the copied build to run. */
  readonly release: string;
  /** Name of the one that was healthy last. */
  readonly lastGood: string | null;
}

/** Why a launch failed. */
export interface Trouble {
  readonly reason: string;
  /** What the log says to it. */
  readonly log: readonly string[];
}

const POLL_MS = 15;
const MIN_PROBE_MS = 100;
const PROBE_TIMEOUT_MS = 2000;
/** Between two questions to a server that answers, but not well: each may fill its log with a stack. */
const FIRST_PAUSE_MS = 20;
const MAX_PAUSE_MS = 250;

/** Throws `build.failed` when there is nothing to run. */
export function requireBuild(directory: string): void {
  try {
    accessSync(join(directory, SERVER_ENTRY));
  } catch {
    throw new TurboError('build.failed', `There is no built server in ${directory}: ${SERVER_ENTRY} is missing.`, {
      hint: 'turbobackend deploy builds and starts it.',
    });
  }
}

/**
 * Starts a supervisor and waits until its server is healthy: null then, and its release is the last good one.
 * Otherwise nothing of it stays, and what went wrong comes back.
 */
export async function launch(
  folder: StateFolder,
  wish: LaunchWish,
  { tuning, ...settings }: LaunchSettings,
): Promise<Trouble | null> {
  const { healthDeadlineMs, ...rest } = tuning;
  const order: SupervisorOrder = {
    ...wish,
    ...rest,
    wanted: 'running',
    generation: randomBytes(8).toString('hex'),
    hadDotEnv: hasDotEnv(wish.directory),
    nodePath: settings.nodePath,
    environment: settings.environment,
  };
  const excerpt = await watchLog(folder.log, wish.directory);
  writeJson(folder.order, order);
  const supervisor = spawnSupervisor(folder, settings);
  const reason = await untilHealthy(folder, order, healthDeadlineMs, supervisor.refused);
  supervisor.forget();
  if (reason === null) writeJson(folder.order, { ...order, lastGood: wish.release });
  else await giveUp(folder, order);
  const log = await excerpt.shown();
  return reason === null ? null : { reason, log };
}

/** What crashes must not leave its memory, with all secrets, in a file. Node cannot say so itself; what it starts inherits it. */
function withoutCores(command: readonly [string, ...string[]]): readonly [string, ...string[]] {
  if (process.platform === 'win32') return command;
  // A shell adds variables of its own.
  return ['/bin/sh', '-c', 'ulimit -c 0; unset PWD OLDPWD SHLVL; exec "$@"', 'sh', ...command];
}

function spawnSupervisor(
  folder: StateFolder,
  { nodePath, supervisorPath, environment }: Omit<LaunchSettings, 'tuning'>,
): { readonly refused: () => string | null; readonly forget: () => void } {
  const [program, ...args] = withoutCores([nodePath, supervisorPath, folder.root]);
  const child = spawn(program, args, {
    cwd: folder.root,
    env: environment,
    stdio: 'ignore',
    detached: true,
  });
  let refused: string | null = null;
  child.once('error', (error) => {
    refused = error.message;
  });
  child.once('exit', (code) => {
    if (code !== 0) refused = `the supervisor ended with exit code ${code}`;
  });
  child.unref();
  return { refused: () => refused, forget: () => child.removeAllListeners() };
}

/** Null when `/health` answers 200 from our own server, else what went wrong. */
async function untilHealthy(
  folder: StateFolder,
  order: SupervisorOrder,
  deadlineMs: number,
  refused: () => string | null,
): Promise<string | null> {
  const deadline = performance.now() + deadlineMs;
  let last = 'nothing answered';
  let pauseMs = FIRST_PAUSE_MS;
  while (performance.now() < deadline) {
    const state = readState(folder);
    const isOurs = state?.generation === order.generation;
    if (refused() !== null) return refused();
    if (isOurs && (state.restarts > 0 || state.status === 'failed')) return 'its process ended right after the start';
    // One that was on its way when its own command was killed; it gives the lock to ours when it is gone.
    if (state?.supervisor && !isOurs) signal(state.supervisor, 'SIGTERM', 'process');
    if (isOurs && state.server && livePair(state).server) {
      const leftMs = Math.round(deadline - performance.now());
      // What it would say in less than that is not worth more than what was heard before.
      if (leftMs < MIN_PROBE_MS) break;
      const answer = await probeHealth(order.port, Math.min(PROBE_TIMEOUT_MS, leftMs));
      const owner = answer.status === 200 ? findPortOwner(order.port, state.server.pid) : null;
      if (owner && owner.group !== state.server.pid)
        return `port ${order.port} answers for ${owner.name} (${owner.pid})`;
      if (answer.status === 200 && livePair(readState(folder)).server) return null;
      // Nobody listens yet: it will any moment, and such questions reach no log.
      if (answer.status !== 0) {
        await sleep(Math.min(pauseMs, Math.max(0, deadline - performance.now())));
        pauseMs = Math.min(pauseMs * 2, MAX_PAUSE_MS);
      }
      last = answer.status === 0 ? answer.body : `GET /health answered ${answer.status} ${answer.body}`.trim();
    }
    await sleep(POLL_MS);
  }
  return `not healthy after ${deadlineMs / 1000} s (${last})`;
}

async function giveUp(folder: StateFolder, order: SupervisorOrder): Promise<void> {
  writeJson(folder.order, { ...order, wanted: 'halted', generation: `${order.generation}-failed` });
  await endProcesses(folder, order.graceMs);
  const state = readState(folder);
  if (state) writeJson(folder.state, { ...state, status: 'failed', supervisor: null, server: null });
}
