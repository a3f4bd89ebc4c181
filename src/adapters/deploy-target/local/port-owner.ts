import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { linuxStat } from './process-identity.ts';

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
 * (whose files we may not read), or on a system without /proc.
 */
export function findPortOwner(port: number): PortOwner | null {
  const inodes = new Set([...listeningInodes('/proc/net/tcp', port), ...listeningInodes('/proc/net/tcp6', port)]);
  if (inodes.size === 0) return null;
  for (const entry of list('/proc')) {
    const pid = Number(entry);
    if (!Number.isInteger(pid)) continue;
    for (const descriptor of list(`/proc/${entry}/fd`)) {
      const inode = /^socket:\[(\d+)\]$/.exec(link(`/proc/${entry}/fd/${descriptor}`))?.[1];
      if (inode === undefined || !inodes.has(inode)) continue;
      const name = read(`/proc/${entry}/comm`).trim() || 'unknown';
      return { pid, group: Number(linuxStat(pid)?.[2] ?? pid), name };
    }
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
