import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { TurboError } from '../../../domain/errors.ts';
import {
  identify,
  isAlive,
  type ProcessIdentity,
  processName,
  signal,
  startSeconds,
} from '../../shared/process/identity.ts';
import { errorCode } from '../shared/connect.ts';

/** The main process of a running server, as it describes itself in its data folder. */
export interface Postmaster extends ProcessIdentity {
  /** Port it listens on, or will. */
  readonly port: number;
  readonly status: 'starting' | 'ready' | 'stopping';
}

/** Fast shutdown may take this long before it becomes an immediate one, and that before the last resort. */
const FAST_MS = 30_000;
const IMMEDIATE_MS = 10_000;

/** The living server of a data folder; null when there is none. Never fooled by a stale file or a reused pid. */
export function findPostmaster(data: string): Postmaster | null {
  const file = readPidFile(data);
  const identity = file === null ? null : identify(file.pid);
  if (file === null || identity === null || !isPostmaster(file, identity, data)) return null;
  return { ...identity, port: file.port, status: file.status };
}

/** True when a stale file names a pid that somebody else has now: PostgreSQL would take that for a running server. */
export function isPidFileMisleading(data: string): boolean {
  const file = readPidFile(data);
  return file !== null && identify(file.pid) !== null && findPostmaster(data) === null;
}

/** Path of the file in which a running server describes itself. */
export function pidFilePath(data: string): string {
  return join(data, 'postmaster.pid');
}

/**
 * Stops a server, letting it end open transactions (SIGINT); after 30 s without them (SIGQUIT: as after a power loss,
 * nothing committed is lost); the last resort comes 10 s later.
 */
export async function stopPostmaster(data: string, server: ProcessIdentity): Promise<void> {
  for (const [name, waitMs] of [
    ['SIGINT', FAST_MS],
    ['SIGQUIT', IMMEDIATE_MS],
    ['SIGKILL', IMMEDIATE_MS],
  ] as const) {
    signal(server, name);
    const deadline = performance.now() + waitMs;
    while (performance.now() < deadline) {
      if (!isAlive(server)) return;
      await sleep(15);
    }
  }
  throw new TurboError('cluster.start_failed', `The server of ${data} (process ${server.pid}) does not end.`, {
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
  for (const name of ['SIGQUIT', 'SIGKILL'] as const) {
    for (const orphan of processesIn(data)) signal(orphan, name);
    const deadline = performance.now() + ORPHAN_MS;
    while (processesIn(data).length > 0 && performance.now() < deadline) await sleep(15);
  }
}

function processesIn(data: string): readonly ProcessIdentity[] {
  if (process.platform !== 'linux') return [];
  const pids = readdirSync('/proc').map(Number).filter(Number.isInteger);
  return pids.flatMap((pid) => {
    // Looked at before and after it was identified: what is signalled later is what runs there.
    const found = runsIn(pid, data) ? identify(pid) : null;
    return found !== null && runsIn(pid, data) && isAlive(found) ? [found] : [];
  });
}

/** Null when it is hidden from us (hidepid, another account), or this is no Linux. */
function runsIn(pid: number, data: string): boolean | null {
  try {
    return readlinkSync(`/proc/${pid}/cwd`) === data && processName(pid).startsWith('postgres');
  } catch {
    return null;
  }
}

interface PidFile extends Pick<Postmaster, 'pid' | 'port' | 'status'> {
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
function isPostmaster(file: PidFile, identity: ProcessIdentity, data: string): boolean {
  const known = runsIn(file.pid, data);
  // The same process still: it was this one that we looked at.
  if (known !== null) return known && isAlive(identity);
  const started = startSeconds(identity);
  const isServer = processName(file.pid).startsWith('postgres');
  return isServer && file.data === data && started !== null && Math.abs(started - file.startSeconds) < 5;
}
