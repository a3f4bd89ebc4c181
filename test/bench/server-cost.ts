import { readFileSync } from 'node:fs';
import { join } from 'node:path';

interface WithData {
  readonly dataDirectory: string;
}

/** The postmaster and its children. Linux only. */
export function serverPids({ dataDirectory }: WithData): readonly number[] {
  const postmaster = Number(readFileSync(join(dataDirectory, 'postmaster.pid'), 'utf8').split('\n', 1)[0]);
  const children = readFileSync(`/proc/${postmaster}/task/${postmaster}/children`, 'utf8').trim().split(' ');
  return [postmaster, ...children.filter(Boolean).map(Number)];
}

/** Proportional set size of all of them in MB: what is shared counts once. */
export function serverMemoryMb(server: WithData): number {
  const kilobytes = serverPids(server).map((pid) => {
    try {
      return Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1] ?? 0);
    } catch {
      // It has ended since the list was read.
      return 0;
    }
  });
  return kilobytes.reduce((sum, one) => sum + one, 0) / 1024;
}

/** CPU time in milliseconds: ours, and the server's with all processes that have ended. Neighbours do not disturb it. */
export function cpuMs(server: WithData): { readonly ours: number; readonly server: number } {
  const { user, system } = process.cpuUsage();
  const fields =
    readFileSync(`/proc/${serverPids(server)[0]}/stat`, 'utf8')
      .split(') ')
      .at(-1)
      ?.split(' ') ?? [];
  // utime, stime, and the same of collected children, in ticks of a hundredth of a second (proc(5), fields 14 to 17).
  const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
  return { ours: (user + system) / 1000, server: ticks * 10 };
}
