import { existsSync, rmdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Deployment } from '../../../domain/deployment.ts';
import { TurboError } from '../../../domain/errors.ts';
import { isProjectId } from '../../../domain/ids.ts';
import type { DeployOrder, DeployTarget } from '../../../ports/deploy-target.ts';
import { acquireLock, isLockHeld } from '../../shared/process/lock-file.ts';
import { isRunning, livePair } from './end-processes.ts';
import type { LaunchSettings } from './launch.ts';
import { probeHealth } from './probe-health.ts';
import { readLog } from './read-log.ts';
import { halt, replaceServer, restartServer } from './replace-server.ts';
import { type PortBook, releasePorts } from './reserve-port.ts';
import { readOrder, readState, type StateFolder, stateFolder } from './state-files.ts';
import { translateDiskErrors } from './translate-disk-errors.ts';

export interface LocalTargetOptions {
  /** turbobackend's data folder; everything of a project lies in `<home>/projects/<id>`. */
  readonly home: string;
  /** The bundled supervisor.ts. */
  readonly supervisorPath: string;
  readonly nodePath?: string;
  /** Where the server's harmless variables come from; all but an allow-list is dropped. Secrets come from `.env`. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** For tests: shorter times than people want. Milliseconds. */
  readonly tuning?: Partial<LaunchSettings['tuning']>;
}

/** Never more: no variable with a secret may reach a server from the shell that happened to start it. */
const INHERITED = ['PATH', 'HOME', 'USER', 'LANG', 'LC_ALL', 'TZ', 'TMPDIR', 'TEMP', 'SystemRoot'];
/** Longer than a start and a stop take together. */
const OPERATION_WAIT_MS = 60_000;
const INSPECT_TIMEOUT_MS = 2000;
/** A server that does not listen by then is not coming up, but unwell. */
const BOOT_SECONDS = 15;

/** Runs backends on this machine, each under a supervisor process of its own that outlives the command. */
export function localTarget(options: LocalTargetOptions): DeployTarget {
  const folderOf = (projectId: string): StateFolder => {
    if (!isProjectId(projectId)) throw new RangeError(`not a project id: ${JSON.stringify(projectId)}`);
    return stateFolder(join(options.home, 'projects', projectId));
  };
  const settings = launchSettings(options);
  const ports: PortBook = {
    folder: join(options.home, 'ports'),
    lock: join(options.home, 'locks', 'ports.lock'),
    isBusy: (projectId) => {
      const folder = folderOf(projectId);
      return isLockHeld(folder.operationLock) || isRunning(livePair(readState(folder)));
    },
  };
  return {
    name: 'local',
    start: async (order) =>
      translateDiskErrors(options.home, () =>
        locked(folderOf(order.projectId), order.projectId, async (folder) => {
          await replaceServer(folder, order, ports, settings);
          return inspectStarted(folder, order);
        }),
      ),
    startAgain: async (order) =>
      translateDiskErrors(options.home, () =>
        locked(folderOf(order.projectId), order.projectId, async (folder) => {
          await restartServer(folder, order, ports, settings);
          return inspectStarted(folder, order);
        }),
      ),
    stop: async (projectId) => {
      const folder = folderOf(projectId);
      if (!readOrder(folder) && !readState(folder)) return false;
      return translateDiskErrors(options.home, () => locked(folder, projectId, stop));
    },
    inspect: async (projectId) => inspect(folderOf(projectId), projectId),
    logs: (projectId, wish) => readLog(folderOf(projectId).log, wish),
    remove: async (projectId) => {
      const folder = folderOf(projectId);
      if (!existsSync(options.home)) return;
      await translateDiskErrors(options.home, async () => {
        await locked(folder, projectId, () => remove(folder, projectId, ports));
        sweepFolder(folder.locks);
      });
    },
  };
}

function launchSettings(options: LocalTargetOptions): LaunchSettings {
  const inherited = { PATH: '/usr/local/bin:/usr/bin:/bin', ...options.environment };
  return {
    supervisorPath: options.supervisorPath,
    nodePath: options.nodePath ?? process.execPath,
    environment: Object.fromEntries(
      Object.entries(inherited).filter(
        (entry): entry is [string, string] => INHERITED.includes(entry[0]) && entry[1] !== undefined,
      ),
    ),
    tuning: {
      healthDeadlineMs: 15_000,
      graceMs: 10_000,
      restart: { firstDelayMs: 250, maxDelayMs: 30_000, forgiveAfterMs: 60_000, maxDeaths: 10 },
      log: { maxBytes: 5 * 1024 * 1024, maxFiles: 5 },
      ...options.tuning,
    },
  };
}

/** One start, stop or removal of a project at a time. */
async function locked<T>(
  folder: StateFolder,
  projectId: string,
  work: (folder: StateFolder) => Promise<T>,
): Promise<T> {
  const release = await acquireLock(folder.operationLock, { waitMs: OPERATION_WAIT_MS });
  if (!release) {
    throw new TurboError('run.locked', `Another command is starting or stopping the project ${projectId}.`, {
      hint: 'Wait for it, then try again.',
    });
  }
  try {
    return await work(folder);
  } finally {
    release();
  }
}

async function inspectStarted(folder: StateFolder, { projectId }: DeployOrder): Promise<Deployment> {
  const deployment = await inspect(folder, projectId);
  if (deployment) return deployment;
  throw new TurboError('deploy.unhealthy', `The state of the project ${projectId} vanished during its start.`);
}

async function stop(folder: StateFolder): Promise<boolean> {
  return halt(folder, 'stopped');
}

async function remove(folder: StateFolder, projectId: string, ports: PortBook): Promise<void> {
  await stop(folder);
  await releasePorts(ports, projectId);
  // A supervisor that is just coming up may still write its state; without an order it goes away at once.
  rmSync(folder.root, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
}

function sweepFolder(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {
    // Somebody has or wants a lock in it, or it was never made.
  }
}

async function inspect(folder: StateFolder, projectId: string): Promise<Deployment | null> {
  if (!readOrder(folder)) return null;
  const asked = livePair(readState(folder)).server;
  const port = readOrder(folder)?.port ?? 0;
  const answer = asked ? await probeHealth(port, INSPECT_TIMEOUT_MS) : { status: 0, body: '' };
  // Read again: it may have died or come back while it was asked.
  const [order, state] = [readOrder(folder), readState(folder)];
  if (!order) return null;
  const { supervisor, server } = livePair(state);
  const base = { projectId, target: 'local', url: `http://127.0.0.1:${order.port}`, port: order.port } as const;
  const restarts = state?.restarts ?? 0;
  if (!server) {
    // Not stopped on purpose, it is meant to run: given up, or its processes were killed, as by a reboot.
    const ended = order.wanted === 'stopped' ? 'stopped' : 'failed';
    return { ...base, status: supervisor ? 'restarting' : ended, pid: null, startedAt: null, restarts };
  }
  const startedAt = state?.startedAt ?? null;
  const isSame = asked?.pid === server.pid && asked.stamp === server.stamp;
  // A process there is, but it does not listen yet.
  const isYoung = startedAt !== null && Date.now() / 1000 - startedAt < BOOT_SECONDS;
  const isComing = supervisor !== null && isYoung && (!isSame || answer.body.includes('ECONNREFUSED'));
  const unwell = isComing ? 'restarting' : 'unhealthy';
  return {
    ...base,
    status: isSame && answer.status === 200 ? 'running' : unwell,
    pid: server.pid,
    startedAt,
    restarts,
  };
}
