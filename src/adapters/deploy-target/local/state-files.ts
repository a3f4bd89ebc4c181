import { randomBytes } from 'node:crypto';
import { closeSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { type ProcessIdentity, parseIdentity } from '../../shared/process/identity.ts';

/**
 * What lies in `<home>/projects/<id>`, and the locks in `<home>/locks/<id>`. Each file has one writer at a time: the order is written by whoever starts or
 * stops (under the operation lock), the state by the supervisor while it lives.
 */
export interface StateFolder {
  readonly root: string;
  readonly order: string;
  readonly state: string;
  readonly log: string;
  /** Copies of builds, to run. */
  readonly releases: string;
  /** Holds the two locks below. */
  readonly locks: string;
  /** Held by a command that starts, stops or removes. */
  readonly operationLock: string;
  /** Held by the supervisor as long as it lives. */
  readonly supervisorLock: string;
}

export function stateFolder(root: string): StateFolder {
  // Not in the folder itself: a lock must hold while the folder is removed.
  const locks = join(dirname(dirname(root)), 'locks', basename(root));
  return {
    root,
    order: join(root, 'order.json'),
    state: join(root, 'state.json'),
    log: join(root, 'logs', 'server.log'),
    releases: join(root, 'releases'),
    locks,
    operationLock: join(locks, 'operation.lock'),
    supervisorLock: join(locks, 'supervisor.lock'),
  };
}

/** How often and how fast a server that dies is started again. Milliseconds. */
export interface RestartPolicy {
  readonly firstDelayMs: number;
  readonly maxDelayMs: number;
  /** A server that lived this long is forgiven its earlier deaths. */
  readonly forgiveAfterMs: number;
  /** Deaths in a row after which the supervisor gives up. */
  readonly maxDeaths: number;
}

export interface LogPolicy {
  readonly maxBytes: number;
  /** Files kept, the current one included. */
  readonly maxFiles: number;
}

/** What somebody wants: read by the supervisor. No secret is in it; those are in the project's `.env`. */
export interface SupervisorOrder {
  /** `halted`: nothing of it may run just now, though somebody wants it to; only `stop` makes it `stopped`. */
  readonly wanted: 'running' | 'halted' | 'stopped';
  /** A new one with each wish, so that an outdated supervisor knows that it is one. */
  readonly generation: string;
  readonly projectId: string;
  readonly directory: string;
  readonly port: number;
  /** The copied build that runs; null in an order of a turbobackend that ran builds where they were made. */
  readonly release: string | null;
  /** The copied build that was healthy last. */
  readonly lastGood: string | null;
  /** Was there a `.env` when it was started? */
  readonly hadDotEnv: boolean;
  readonly nodePath: string;
  /** The harmless variables the server inherits (PATH, HOME, LANG …). */
  readonly environment: Readonly<Record<string, string>>;
  readonly graceMs: number;
  readonly restart: RestartPolicy;
  readonly log: LogPolicy;
}

/** What is: written by the supervisor, believed only as far as the processes named in it live. */
export interface SupervisorState {
  readonly generation: string;
  readonly status: 'running' | 'restarting' | 'failed' | 'stopped';
  readonly supervisor: ProcessIdentity | null;
  readonly server: ProcessIdentity | null;
  /** Unix seconds of the last start of the server. */
  readonly startedAt: number | null;
  readonly restarts: number;
}

/** Replaces a file so that at every instant the old or the new content is there. */
export function writeJson(file: string, value: unknown): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const beside = `${file}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    const descriptor = openSync(beside, 'wx', 0o600);
    try {
      // No fsync: after a power cut nothing of it is true any more, and half a file reads as none.
      writeSync(descriptor, `${JSON.stringify(value)}\n`);
    } finally {
      closeSync(descriptor);
    }
    renameSync(beside, file);
  } catch (error) {
    rmSync(beside, { force: true });
    throw error;
  }
}

/** Null when it is missing or not ours (half a file of another hand is as good as none). */
export function readOrder(folder: StateFolder): SupervisorOrder | null {
  const value = readRecord(folder.order);
  const isOrder =
    typeof value?.generation === 'string' && typeof value.directory === 'string' && typeof value.port === 'number';
  const added = { release: null, lastGood: null, hadDotEnv: false };
  return isOrder ? { ...added, ...(value as unknown as SupervisorOrder) } : null;
}

export function readState(folder: StateFolder): SupervisorState | null {
  const value = readRecord(folder.state);
  const isState = typeof value?.generation === 'string' && typeof value.status === 'string';
  if (!isState) return null;
  const state = value as unknown as SupervisorState;
  return { ...state, supervisor: parseIdentity(value.supervisor), server: parseIdentity(value.server) };
}

function readRecord(file: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(readFileSync(file, 'utf8'));
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null;
  } catch (error) {
    if (error instanceof SyntaxError || (error instanceof Error && 'code' in error && error.code === 'ENOENT'))
      return null;
    throw error;
  }
}
