import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';

export interface RunningProcess {
  readonly pid: number;
  readonly command: string;
}

/** What can be known of a process that may end while we look. */
function attempt(read: () => string): string {
  try {
    return read();
  } catch {
    return '';
  }
}

function listLinux(): readonly (RunningProcess & { readonly traces: string })[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.map((pid) => {
    const command = attempt(() => readFileSync(`/proc/${pid}/cmdline`, 'utf8'))
      .replaceAll('\0', ' ')
      .trim();
    const environment = attempt(() => readFileSync(`/proc/${pid}/environ`, 'utf8'));
    const directory = attempt(() => readlinkSync(`/proc/${pid}/cwd`));
    return { pid: Number(pid), command, traces: [command, environment, directory].join('\n') };
  });
}

function listElsewhere(): readonly (RunningProcess & { readonly traces: string })[] {
  const lines = execFileSync('ps', ['-A', '-ww', '-o', 'pid=,command='], { encoding: 'utf8' }).split('\n');
  return lines.flatMap((line) => {
    const [, pid, command] = /^\s*(\d+)\s+(.*)$/.exec(line) ?? [];
    return pid && command ? [{ pid: Number(pid), command, traces: command }] : [];
  });
}

/**
 * Processes that were started for one of these folders: named in their arguments, in their environment (on Linux) or
 * as the folder they run in. Never this process or its parent. Zombies have no trace and are not seen.
 */
export function processesOf(folders: readonly string[]): readonly RunningProcess[] {
  const all = existsSync('/proc/self/cmdline') ? listLinux() : listElsewhere();
  return all
    .filter(({ pid }) => pid !== process.pid && pid !== process.ppid)
    .filter(({ traces }) => folders.some((folder) => traces.includes(folder)))
    .map(({ pid, command }) => ({ pid, command }));
}

/** Waits until no process of these folders is left, at most `patienceMs`; gives back those that stay. */
export async function leftoversOf(folders: readonly string[], patienceMs: number): Promise<readonly RunningProcess[]> {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    const found = processesOf(folders);
    if (found.length === 0 || performance.now() > deadline) return found;
    await new Promise((next) => setTimeout(next, 50));
  }
}
