import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { TurboError } from '../../../domain/errors.ts';
import { errorCode } from '../shared/connect.ts';
import { linuxProcessName, processName, processStart, processStartSeconds } from './process-identity.ts';

/** The main process of a running server, as it describes itself in its data folder. */
export interface Postmaster {
  readonly pid: number;
  /** Port it listens on, or will. */
  readonly port: number;
  readonly status: 'starting' | 'ready' | 'stopping';
}

/** Fast shutdown may take this long before it becomes an immediate one, and that before the last resort. */
const FAST_MS = 30_000;
const IMMEDIATE_MS = 10_000;

/** The living server of a data folder; null when there is none. Never fooled by a stale file or a reused pid. */
export async function findPostmaster(data: string): Promise<Postmaster | null> {
  const file = readPidFile(data);
  if (file === null || !(await isPostmaster(file, data))) return null;
  return { pid: file.pid, port: file.port, status: file.status };
}

/** True when a stale file names a pid that somebody else has now: PostgreSQL would take that for a running server. */
export async function isPidFileMisleading(data: string): Promise<boolean> {
  const file = readPidFile(data);
  return file !== null && (await processStart(file.pid)) !== null && !(await isPostmaster(file, data));
}

/** Path of the file in which a running server describes itself. */
export function pidFilePath(data: string): string {
  return join(data, 'postmaster.pid');
}

/**
 * Stops a server, letting it end open transactions (SIGINT); after 30 s without them (SIGQUIT: as after a power loss,
 * nothing committed is lost); the last resort comes 10 s later.
 */
export async function stopPostmaster(data: string, pid: number): Promise<void> {
  const start = await processStart(pid);
  if (start === null) return;
  for (const [signal, waitMs] of [
    ['SIGINT', FAST_MS],
    ['SIGQUIT', IMMEDIATE_MS],
    ['SIGKILL', IMMEDIATE_MS],
  ] as const) {
    send(pid, signal);
    const deadline = performance.now() + waitMs;
    while (performance.now() < deadline) {
      if ((await processStart(pid)) !== start) return;
      await sleep(15);
    }
  }
  throw new TurboError('cluster.start_failed', `The server of ${data} (process ${pid}) does not end.`, {
    hint: 'It may be waiting for the disk; look at it with `ps`, then run the same command again.',
  });
}

/** How long a process of a killed server may take to end by itself, before it is ended. */
const ORPHAN_MS = 2000;

/**
 * Ends what a killed server left running in its data folder: a busy back-end does not notice that its server is gone, and
 * keeps a new one from starting. Nothing committed is lost; its transaction is, as at any crash. Only to be called when
 * `findPostmaster` finds none. Elsewhere than on Linux it finds none, and the start waits for them to end.
 */
export async function endOrphans(data: string): Promise<void> {
  for (const signal of ['SIGQUIT', 'SIGKILL'] as const) {
    for (const pid of processesIn(data)) send(pid, signal);
    const deadline = performance.now() + ORPHAN_MS;
    while (processesIn(data).length > 0 && performance.now() < deadline) await sleep(15);
  }
}

function processesIn(data: string): readonly number[] {
  if (process.platform !== 'linux') return [];
  const pids = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
  return pids.filter((pid) => {
    try {
      return readlinkSync(`/proc/${pid}/cwd`) === data && linuxProcessName(pid).startsWith('postgres');
    } catch {
      return false;
    }
  });
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (errorCode(error) !== 'ESRCH') throw error;
  }
}

interface PidFile extends Postmaster {
  readonly data: string;
  readonly startSeconds: number;
}

/** Lines: pid, data folder, start (unix seconds), port, socket folder, address, memory key, status (miscadmin.h). */
function readPidFile(data: string): PidFile | null {
  let text: string;
  try {
    text = readFileSync(pidFilePath(data), 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ENOTDIR') return null;
    throw error;
  }
  // A folder's name may contain line breaks.
  const lines = text.includes(`\n${data}\n`) ? text.replace(data, () => '').split('\n') : text.split('\n');
  const [pid, folder, start, port] = lines;
  if (!Number(pid) || folder === undefined) return null;
  const word = lines[7]?.trim();
  const status = word === 'ready' || word === 'stopping' ? word : 'starting';
  return { pid: Math.abs(Number(pid)), data: folder || data, startSeconds: Number(start), port: Number(port), status };
}

/** On Linux a server is known by its working directory, which is its data folder; elsewhere by name and start time. */
async function isPostmaster(file: PidFile, data: string): Promise<boolean> {
  if ((await processStart(file.pid)) === null) return false;
  if (!(await processName(file.pid)).startsWith('postgres')) return false;
  if (process.platform === 'linux') {
    try {
      return readlinkSync(`/proc/${file.pid}/cwd`) === data;
    } catch {
      // Hidden from us (hidepid, another account): fall back to the start time.
    }
  }
  const started = await processStartSeconds(file.pid);
  return file.data === data && started !== null && Math.abs(started - file.startSeconds) < 5;
}
