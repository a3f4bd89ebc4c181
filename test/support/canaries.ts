import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Secrets by the name under which they were planted; each value is found nowhere else on earth. */
export type Canaries = ReadonlyMap<string, string>;

export function newCanary(name: string): string {
  return `canary-${name.toLowerCase()}-${randomBytes(12).toString('hex')}`;
}

/** Names of the canaries that a text holds, as they are, or as base64 or part of a URL. */
export function canariesIn(text: string, canaries: Canaries): readonly string[] {
  return [...canaries].flatMap(([name, value]) => {
    const forms = [value, encodeURIComponent(value), Buffer.from(value).toString('base64').replace(/=+$/, '')];
    return forms.some((form) => text.includes(form)) ? [name] : [];
  });
}

/** `file: canary` for each file below a folder that holds one; some names may be left out. */
export function canariesBelow(folder: string, canaries: Canaries, leaveOut: RegExp): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => !leaveOut.test(path))
    .map((path) => join(folder, path))
    .filter((path) => statSync(path, { throwIfNoEntry: false })?.isFile())
    .flatMap((path) => canariesIn(readFileSync(path, 'latin1'), canaries).map((name) => `${path}: ${name}`));
}

export interface ProcessWatch {
  /** Command lines of all processes on this machine, each once. */
  readonly commands: ReadonlySet<string>;
  /** Environments of the processes that others below this one started, each once: `command\0NAME=value\0…`. */
  readonly environments: ReadonlySet<string>;
  stop(): void;
}

const LOOK_MS = 30;

/** Looks at all processes of the machine again and again (Linux); only sees what lives for some milliseconds. */
export function watchProcesses(): ProcessWatch {
  const commands = new Set<string>();
  const environments = new Set<string>();
  /** Command line of each process, as seen last: what has not changed is not looked at again. */
  const known = new Map<string, string>();
  /** Our children, whose environment is ours to choose, and all below them. */
  const children = new Set<string>();
  const below = new Set<string>();
  const look = () => {
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
      const command = read(pid, 'cmdline');
      if (command === '' || known.get(pid) === command) continue;
      known.set(pid, command);
      commands.add(command);
      const parent = /^PPid:\t(\d+)$/m.exec(read(pid, 'status'))?.[1] ?? '';
      if (Number(parent) === process.pid) children.add(pid);
      // One that has not begun its own program yet is its parent still.
      const isOther = !children.has(pid) && command !== known.get(parent);
      if (!isOther || (!children.has(parent) && !below.has(parent))) continue;
      below.add(pid);
      environments.add(`${command.replaceAll('\0', ' ')}\0${read(pid, 'environ')}`);
    }
  };
  const timer = setInterval(look, LOOK_MS);
  return { commands, environments, stop: () => clearInterval(timer) };
}

function read(pid: string, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}

/** Names of the variables in an environment as /proc shows it. */
export function variableNames(environment: string): readonly string[] {
  return environment
    .split('\0')
    .slice(1)
    .flatMap((entry) => (entry.includes('=') ? [entry.slice(0, entry.indexOf('='))] : []));
}
