import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

/** What a system tells about its processes. */
export interface ProcessTable {
  /** Start of a living process (see `ProcessIdentity.stamp`); null when there is none, or only its zombie. */
  stamp(pid: number): string | null;
  /** Unix seconds of such a start, good to a few seconds; null when it cannot be told. */
  seconds(stamp: string): number | null;
  /** Name of the program, without its path; '' when it cannot be told. */
  name(pid: number): string;
  /** The process group; null when it cannot be told. */
  group(pid: number): number | null;
}

/** The stamp where nothing but the pid can be known: Windows, a system without /proc and ps, a process hidden from us. */
export const PID_ONLY = 'pid-only';

/** Nothing but whether somebody has the pid. */
export const pidTable: ProcessTable = {
  stamp(pid) {
    try {
      process.kill(pid, 0);
      return PID_ONLY;
    } catch (error) {
      // EPERM: it lives and is another user's.
      return codeOf(error) === 'EPERM' ? PID_ONLY : null;
    }
  },
  seconds: () => null,
  name: () => '',
  group: () => null,
};

/** Linux: /proc, where a start is `<boot id>.<clock ticks since boot>`. */
export const procTable: ProcessTable = {
  stamp(pid) {
    const fields = statFields(pid);
    // There is none, or its files are hidden from us (hidepid).
    if (fields === null) return pidTable.stamp(pid);
    const [state, startTicks] = [fields[0], fields[19]];
    if (!startTicks || state === 'Z' || state === 'X' || state === 'x') return null;
    return `${bootId()}.${startTicks}`;
  },
  seconds(stamp) {
    const boot = /^btime (\d+)$/m.exec(read('/proc/stat') ?? '')?.[1];
    const ticks = /\.(\d+)$/.exec(stamp)?.[1];
    // USER_HZ is 100 on every architecture Node runs on.
    return boot === undefined || ticks === undefined ? null : Number(boot) + Number(ticks) / 100;
  },
  name(pid) {
    const text = read(`/proc/${pid}/stat`) ?? '';
    return text.slice(text.indexOf('(') + 1, Math.max(0, text.lastIndexOf(')')));
  },
  group: (pid) => asGroup(statFields(pid)?.[2]),
};

/** Other Unixes: what `ps` prints, where a start is unix seconds. */
export const psTable: ProcessTable = {
  stamp(pid) {
    const line = ps(pid, 'stat=,lstart=');
    if (line === null) return pidTable.stamp(pid);
    const [state = 'Z', ...started] = line.split(/\s+/);
    const seconds = Date.parse(`${started.join(' ')} UTC`) / 1000;
    return state.startsWith('Z') || Number.isNaN(seconds) ? null : String(seconds);
  },
  seconds: (stamp) => (stamp === PID_ONLY ? null : Number(stamp)),
  name: (pid) => (ps(pid, 'comm=') ?? '').split('/').at(-1) ?? '',
  group: (pid) => asGroup(ps(pid, 'pgid=') ?? undefined),
};

/** The best table this system has. */
export function systemTable(): ProcessTable {
  if (process.platform === 'win32') return pidTable;
  return process.platform === 'linux' && existsSync('/proc/self/stat') ? procTable : psTable;
}

let knownBootId: string | undefined;

/** Tells one run of this machine from the next; '' when the system has no such name. */
export function bootId(): string {
  knownBootId ??= (read('/proc/sys/kernel/random/boot_id') ?? '').trim();
  return knownBootId;
}

/** Fields of /proc/<pid>/stat after the name, which may itself hold blanks and brackets (proc_pid_stat(5)). */
function statFields(pid: number): readonly string[] | null {
  const text = read(`/proc/${pid}/stat`);
  return text === null ? null : text.slice(text.lastIndexOf(')') + 2).split(' ');
}

function read(file: string): string | null {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return null;
  }
}

/** What `ps` says, '' for a process that is not there, null when there is no ps. */
function ps(pid: number, columns: string): string | null {
  try {
    return execFileSync('ps', ['-o', columns, '-p', String(pid)], {
      encoding: 'utf8',
      env: { LC_ALL: 'C', TZ: 'UTC', PATH: '/bin:/usr/bin' },
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch (error) {
    return codeOf(error) === 'ENOENT' ? null : '';
  }
}

function asGroup(text: string | undefined): number | null {
  const group = Number(text);
  return Number.isInteger(group) && group > 0 ? group : null;
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
