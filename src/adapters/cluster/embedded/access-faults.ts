import { chmodSync, lstatSync, readdirSync, type Stats } from 'node:fs';
import { join } from 'node:path';
import type { Layout } from './layout.ts';
import type { ServerUser } from './server-user.ts';

/** A file or folder that others may read or change, or that we may not. */
export interface AccessFault {
  readonly path: string;
  /** What `doctor` calls it. */
  readonly name: string;
  /** In octal, e.g. `0755`. */
  readonly found: string;
  /** The mode that mends it; its owner is right already. */
  readonly mode: number;
}

interface Rule {
  readonly path: string;
  readonly name: string;
  readonly is: 'file' | 'folder';
  /** Bits that are taken away, and bits that are given, when one is wrong. */
  readonly without: number;
  readonly needs: number;
  /** Bits of `without` that alone are no fault. */
  readonly tolerates?: number;
  /** Whose it is when it is ours to change. */
  readonly uid: number;
}

/**
 * Modes of a home and of the cluster that lies in it: secrets are their owner's, and nobody else changes what we run or
 * read. Looks at what belongs to us (or to the server's account) only; follows no link. None on Windows.
 */
export function findAccessFaults(home: string, layout: Layout | null, user: ServerUser | null): readonly AccessFault[] {
  const me = process.getuid?.();
  if (me === undefined) return [];
  return rulesOf(home, layout, me, user?.uid ?? me).flatMap((rule) => {
    const stat = statOf(rule.path);
    const isOurs = stat?.uid === rule.uid && (rule.is === 'file' ? stat.isFile() : stat.isDirectory());
    return isOurs ? judge(rule, stat.mode & 0o777) : [];
  });
}

function judge({ path, name, without, needs, tolerates = 0 }: Rule, mode: number): readonly AccessFault[] {
  const isFine = (mode & without & ~tolerates) === 0 && (mode & needs) === needs;
  return isFine ? [] : [{ path, name, found: octal(mode), mode: (mode | needs) & ~without }];
}

function octal(mode: number): string {
  return mode.toString(8).padStart(4, '0');
}

/** Gives the file its right mode, unless it is another's by now; false then. */
export function mendAccess(fault: AccessFault): boolean {
  const stat = statOf(fault.path);
  if (stat === null || stat.isSymbolicLink()) return false;
  chmodSync(fault.path, fault.mode);
  return true;
}

function rulesOf(home: string, layout: Layout | null, me: number, server: number): readonly Rule[] {
  const keys = join(home, 'keys');
  const folder = { is: 'folder', needs: 0o700, uid: me } as const;
  const secret = { is: 'file', needs: 0o600, without: 0o077, uid: me } as const;
  const rules: Rule[] = [
    { ...folder, path: home, name: 'home', without: 0o022 },
    { ...folder, path: keys, name: 'key folder', without: 0o077 },
    ...namesIn(keys).map((name) => ({ ...secret, path: join(keys, name), name: 'key file' })),
  ];
  if (layout === null) return rules;
  return [
    ...rules,
    { ...secret, path: layout.passwordFile, name: 'password file' },
    { ...secret, path: layout.stateFile, name: 'state file' },
    { ...folder, path: layout.folder, name: 'cluster folder', without: 0o022 },
    { ...folder, path: layout.instance, name: 'cluster folder', without: 0o022 },
    // PostgreSQL itself lets a group read.
    { ...folder, path: layout.data, name: 'data folder', without: 0o077, tolerates: 0o050, uid: server },
    { ...folder, path: layout.log, name: 'log folder', without: 0o077, uid: server },
  ];
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    // Not made yet, or closed to us: then it is a finding itself.
    return [];
  }
}

function statOf(path: string): Stats | null {
  try {
    return lstatSync(path);
  } catch {
    return null;
  }
}
