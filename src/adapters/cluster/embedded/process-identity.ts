import { execFile } from 'node:child_process';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/** Says which process is meant, also after its pid was given to another one. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Start of the process as the system tells it: clock ticks since boot on Linux, a date elsewhere. */
  readonly startedAt: string;
  /** Where pids mean the same: boot and pid namespace on Linux, the host elsewhere. */
  readonly realm: string;
}

/** This process. */
export async function ownIdentity(): Promise<ProcessIdentity> {
  return { pid: process.pid, startedAt: (await processStart(process.pid)) ?? '', realm: ownRealm() };
}

/** Where the pids of this process mean the same (see `ProcessIdentity.realm`). */
export function ownRealm(): string {
  if (process.platform !== 'linux') return hostname();
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return `${boot} ${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    return hostname();
  }
}

/** When a process started (see `ProcessIdentity.startedAt`); null when there is none, or only its zombie. */
export async function processStart(pid: number): Promise<string | null> {
  if (process.platform === 'linux') {
    const fields = linuxStat(pid);
    return fields === null || fields.state === 'Z' || fields.state === 'X' ? null : fields.startTicks;
  }
  const line = await ps(pid, 'lstart=');
  return line === '' ? null : line;
}

/** True when this very process still lives. Only to be asked about the own realm. */
export async function isAlive(identity: ProcessIdentity): Promise<boolean> {
  return (await processStart(identity.pid)) === identity.startedAt;
}

/** Unix seconds of the start of a process, good to a few seconds; null when it cannot be told. */
export async function processStartSeconds(pid: number): Promise<number | null> {
  if (process.platform === 'linux') {
    const stat = linuxStat(pid);
    const boot = /^btime (\d+)$/m.exec(readFileSync('/proc/stat', 'utf8'))?.[1];
    // USER_HZ is 100 on every architecture Node runs on.
    return stat === null || boot === undefined ? null : Number(boot) + Number(stat.startTicks) / 100;
  }
  const time = Date.parse(await ps(pid, 'lstart='));
  return Number.isNaN(time) ? null : time / 1000;
}

/** Name of the program a process runs, without its path; '' when it cannot be told. */
export async function processName(pid: number): Promise<string> {
  if (process.platform === 'linux') return linuxProcessName(pid);
  return (await ps(pid, 'comm=')).split('/').at(-1) ?? '';
}

/** `processName` on Linux, at once. */
export function linuxProcessName(pid: number): string {
  return linuxStat(pid)?.name ?? '';
}

function linuxStat(pid: number): { name: string; state: string; startTicks: string } | null {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return null;
  }
  // The name stands in parentheses and may itself contain some: the last one ends it (proc_pid_stat(5)).
  const end = text.lastIndexOf(')');
  const fields = text.slice(end + 2).split(' ');
  const [state, startTicks] = [fields[0], fields[19]];
  if (state === undefined || startTicks === undefined) return null;
  return { name: text.slice(text.indexOf('(') + 1, end), state, startTicks };
}

function ps(pid: number, column: string): Promise<string> {
  return new Promise((resolve) => {
    execFile('ps', ['-o', column, '-p', String(pid)], { env: { PATH: '/bin:/usr/bin', LC_ALL: 'C' } }, (_e, stdout) =>
      resolve(stdout.trim()),
    );
  });
}
