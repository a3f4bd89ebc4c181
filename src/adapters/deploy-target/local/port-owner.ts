import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { processGroup } from '../../shared/process/identity.ts';

export interface PortOwner {
  readonly pid: number;
  /** The leader of its process group. */
  readonly group: number;
  /** Its name, without arguments: those could hold secrets. */
  readonly name: string;
}

const LISTEN = '0A';

/**
 * The process that listens on a TCP port of this machine; null when there is none, when it belongs to somebody else
 * (whose files we may not read), or on a system without /proc. `likely` is looked at first: looking at all takes long.
 */
export function findPortOwner(port: number, likely?: number): PortOwner | null {
  const inodes = new Set([...listeningInodes('/proc/net/tcp', port), ...listeningInodes('/proc/net/tcp6', port)]);
  if (inodes.size === 0) return null;
  const isOwner = (pid: number) =>
    list(`/proc/${pid}/fd`).some((descriptor) => {
      const inode = /^socket:\[(\d+)\]$/.exec(link(`/proc/${pid}/fd/${descriptor}`))?.[1];
      return inode !== undefined && inodes.has(inode);
    });
  const all = function* () {
    if (likely !== undefined) yield likely;
    yield* list('/proc').map(Number).filter(Number.isInteger);
  };
  for (const pid of all()) {
    if (!isOwner(pid)) continue;
    const name = read(`/proc/${pid}/comm`).trim() || 'unknown';
    return { pid, group: processGroup(pid) ?? pid, name };
  }
  return null;
}

function listeningInodes(table: string, port: number): readonly string[] {
  const wanted = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return read(table)
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, local, , state]) => local?.endsWith(wanted) && state === LISTEN)
    .flatMap((fields) => fields[9] ?? []);
}

function list(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return '';
  }
}

function link(file: string): string {
  try {
    return readlinkSync(file);
  } catch {
    return '';
  }
}
