import { PID_ONLY, systemTable } from './process-table.ts';

/**
 * A pid says little: it is used again, and a zombie answers to signal 0. With the time the process started (and, on
 * Linux, the boot it belongs to) it names one process for ever.
 */
export interface ProcessIdentity {
  readonly pid: number;
  /** Start of the process: `<boot id>.<clock ticks since boot>` on Linux, unix seconds elsewhere, or `PID_ONLY`. */
  readonly stamp: string;
}

const table = systemTable();

/** Identity of a living process; null when there is none of this pid, or only its zombie. */
export function identify(pid: number): ProcessIdentity | null {
  // Signal 0 to a pid of 0 or below would ask a group or everybody.
  const stamp = Number.isInteger(pid) && pid >= 1 ? table.stamp(pid) : null;
  return stamp === null ? null : { pid, stamp };
}

/** Identity of this process. */
export function identifySelf(): ProcessIdentity {
  return identify(process.pid) ?? { pid: process.pid, stamp: PID_ONLY };
}

/** Does exactly this process still live? Where nothing but the pid is known, whoever has the pid counts. */
export function isAlive(identity: ProcessIdentity | null): identity is ProcessIdentity {
  return identity !== null && identify(identity.pid)?.stamp === identity.stamp;
}

/** What a file says about a process; null when that is no identity. */
export function parseIdentity(value: unknown): ProcessIdentity | null {
  if (typeof value !== 'object' || value === null || !('pid' in value) || !('stamp' in value)) return null;
  const { pid, stamp } = value;
  return Number.isInteger(pid) && Number(pid) >= 1 && typeof stamp === 'string' ? { pid: Number(pid), stamp } : null;
}

/** Signals this process, or with `group` the process group it leads; never a stranger that got its pid. */
export function signal(
  identity: ProcessIdentity,
  name: 'SIGINT' | 'SIGTERM' | 'SIGQUIT' | 'SIGKILL',
  target: 'process' | 'group' = 'process',
): void {
  // Process 1 is the machine (or the container), and the group -1 everybody.
  if (identity.pid <= 1 || !isAlive(identity)) return;
  try {
    process.kill(target === 'group' ? -identity.pid : identity.pid, name);
  } catch (error) {
    // ESRCH: it ended between the look and the signal.
    if (!(error instanceof Error) || !('code' in error) || error.code !== 'ESRCH') throw error;
  }
}

/** Name of the program a process runs, without its path; '' when it cannot be told. */
export function processName(pid: number): string {
  return table.name(pid);
}

/** The process group of a process; null when it cannot be told. */
export function processGroup(pid: number): number | null {
  return table.group(pid);
}

/** Unix seconds of the start of a process, good to a few seconds; null when it cannot be told. */
export function startSeconds(identity: ProcessIdentity): number | null {
  return table.seconds(identity.stamp);
}
