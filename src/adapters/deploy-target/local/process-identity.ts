import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/**
 * A pid says little: it is used again, and a zombie answers to signal 0. With the time the process started (and, on
 * Linux, the boot it belongs to) it names one process for ever.
 */
export interface ProcessIdentity {
  readonly pid: number;
  /** Start of the process: `<boot id>.<clock ticks since boot>` on Linux, the seconds `ps` shows elsewhere. */
  readonly stamp: string;
}

let bootId: string | undefined;

/** Identity of a living process; null when there is none of this pid, or only its zombie. */
export function identify(pid: number): ProcessIdentity | null {
  const stamp = STAMPS[process.platform === 'linux' || process.platform === 'win32' ? process.platform : 'posix'](pid);
  return stamp === null ? null : { pid, stamp };
}

/** Identity of this process. */
export function identifySelf(): ProcessIdentity {
  return identify(process.pid) ?? { pid: process.pid, stamp: 'unknown' };
}

/** Does exactly this process still live? */
export function isAlive(identity: ProcessIdentity | null): identity is ProcessIdentity {
  return identity !== null && identify(identity.pid)?.stamp === identity.stamp;
}

/** Signals this process, or with `group` the process group it leads; never a stranger that got its pid. */
export function signal(identity: ProcessIdentity, name: 'SIGTERM' | 'SIGKILL', target: 'process' | 'group'): void {
  if (!isAlive(identity)) return;
  try {
    process.kill(target === 'group' ? -identity.pid : identity.pid, name);
  } catch (error) {
    // ESRCH: it ended between the look and the signal.
    if (!(error instanceof Error) || !('code' in error) || error.code !== 'ESRCH') throw error;
  }
}

/** The fields of /proc/<pid>/stat after the command, which may itself hold blanks and brackets. */
export function linuxStat(pid: number): readonly string[] | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return null;
  }
}

function linuxStamp(pid: number): string | null {
  const fields = linuxStat(pid);
  const [state, startTicks] = [fields?.[0], fields?.[19]];
  if (!startTicks || state === 'Z' || state === 'X') return null;
  bootId ??= readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
  return `${bootId}.${startTicks}`;
}

/** Windows has no quick way to ask for the start time; there a pid has to do. */
function windowsStamp(pid: number): string | null {
  try {
    process.kill(pid, 0);
    return 'pid-only';
  } catch {
    return null;
  }
}

function posixStamp(pid: number): string | null {
  try {
    const line = execFileSync('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], {
      encoding: 'utf8',
      env: { LC_ALL: 'C', TZ: 'UTC', PATH: '/bin:/usr/bin' },
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
    const [state = 'Z', ...started] = line.split(/\s+/);
    const seconds = Date.parse(`${started.join(' ')} UTC`) / 1000;
    return state.startsWith('Z') || Number.isNaN(seconds) ? null : String(seconds);
  } catch {
    return null;
  }
}

const STAMPS = { linux: linuxStamp, posix: posixStamp, win32: windowsStamp };
