import { createHash, randomBytes } from 'node:crypto';
import {
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { identify, identifySelf, type ProcessIdentity, parseIdentity } from './identity.ts';
import { bootId, PID_ONLY } from './process-table.ts';

/** A holder touches its lock this often. */
const HEARTBEAT_MS = 2000;
/** A lock of a process we cannot look at (before a reboot, in another container) is dead when it is this long untouched. */
const FOREIGN_STALE_MS = 10_000;
/** A lock that names nobody: its holder was killed while writing it, or it is none of ours. */
const UNREADABLE_STALE_MS = 5000;
/** Waiting that is shorter is not worth a word. */
const UNTOLD_MS = 700;

/** Who holds a lock file. */
export interface LockHolder {
  /** Null when the file does not tell. */
  readonly pid: number | null;
  /** True when the holder is gone: the next who wants the lock takes it over. */
  readonly stale: boolean;
}

export interface LockWish {
  /** How long a living holder is waited for; milliseconds. */
  readonly waitMs: number;
  /** Hears once, after most of a second, whom we wait for. */
  readonly onWait?: (pid: number | null) => void;
}

/**
 * Takes a lock between processes, and within one, that a kill -9 cannot leave behind: the file names its holder by pid
 * and start time, and what a dead one left is taken over, by exactly one of many. Gives the function that lets go (safe
 * to call twice), or null when a living holder kept it for `waitMs`. The file's folder is made. Errors are Node's own.
 */
export async function acquireLock(path: string, wish: LockWish): Promise<(() => void) | null> {
  const content = JSON.stringify({
    ...identifySelf(),
    realm: ownRealm(),
    token: randomBytes(8).toString('hex'),
  });
  const begun = performance.now();
  let isTold = false;
  while (!create(path, content)) {
    const held = readLock(path);
    if (held !== null && isStale(path, held)) {
      await breakLock(path, held, content);
      continue;
    }
    const waitedMs = performance.now() - begun;
    if (held !== null && !isTold && waitedMs >= UNTOLD_MS) {
      isTold = true;
      wish.onWait?.(parseHolder(held)?.pid ?? null);
    }
    if (waitedMs >= wish.waitMs) return null;
    await sleep(20 + Math.random() * 30);
  }
  return hold(path, content);
}

/** Looks at a lock file; null when it is free. Changes nothing. */
export function inspectLock(path: string): LockHolder | null {
  const content = readLock(path);
  return content === null ? null : { pid: parseHolder(content)?.pid ?? null, stale: isStale(path, content) };
}

/** Has somebody alive this lock? */
export function isLockHeld(path: string): boolean {
  return inspectLock(path)?.stale === false;
}

function hold(path: string, content: string): () => void {
  const heartbeat = setInterval(() => touch(path, content), HEARTBEAT_MS);
  heartbeat.unref();
  sweep(path);
  return () => {
    clearInterval(heartbeat);
    if (readLock(path) === content) rmSync(path, { force: true });
  };
}

/**
 * Removes a dead holder's lock. Each content is unique, and only who holds the right to break it (a lock of its own,
 * named after the content) removes it: so nobody removes the fresh lock of somebody who was quicker.
 */
async function breakLock(path: string, dead: string, content: string): Promise<void> {
  const right = `${path}.break-${createHash('sha256').update(dead).digest('hex').slice(0, 16)}`;
  if (!create(right, content)) {
    const other = readLock(right);
    if (other !== null && isStale(right, other)) await breakLock(right, other, content);
    else await sleep(10);
    return;
  }
  try {
    // Looked at again: an empty file is not unique, but a fresh one is young.
    if (readLock(path) === dead && isStale(path, dead)) rmSync(path, { force: true });
  } finally {
    rmSync(right, { force: true });
  }
}

/** Removes what killed processes left beside the lock. Safe for its holder only: no dead lock is there to be broken then. */
function sweep(path: string): void {
  const ours = /^(\.break-[0-9a-f]{16})*(\.[0-9a-f]{12})?$/;
  const [folder, name] = [dirname(path), basename(path)];
  try {
    for (const entry of readdirSync(folder)) {
      if (!entry.startsWith(`${name}.`) || !ours.test(entry.slice(name.length))) continue;
      const content = readLock(join(folder, entry));
      if (content !== null && isStale(join(folder, entry), content)) rmSync(join(folder, entry), { force: true });
    }
  } catch {
    // They are in nobody's way; the lock is ours all the same.
  }
}

/** O_EXCL by a hard link, so that the file is never there without its content. False when it is there already. */
function create(path: string, content: string): boolean {
  // Who waits looks often, and need not write each time.
  if (existsSync(path)) return false;
  const temporary = `${path}.${randomBytes(6).toString('hex')}`;
  try {
    writeInFolder(temporary, content);
    return link(temporary, path) ?? createWithoutLinks(path, content);
  } finally {
    rmSync(temporary, { force: true });
  }
}

/** Null where the file system has no hard links, or gives none now. */
function link(from: string, to: string): boolean | null {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    // ENOENT: swept away with its folder in this instant.
    return codeOf(error) === 'EEXIST' || codeOf(error) === 'ENOENT' ? false : null;
  }
}

function writeInFolder(path: string, content: string): void {
  try {
    writeFileSync(path, content, { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    writeFileSync(path, content, { flag: 'wx', mode: 0o600 });
  }
}

function createWithoutLinks(path: string, content: string): boolean {
  try {
    writeFileSync(path, content, { flag: 'wx', mode: 0o600 });
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

interface Holder extends ProcessIdentity {
  readonly realm: string;
}

function isStale(path: string, content: string): boolean {
  const holder = parseHolder(content);
  if (holder === null) return isUntouched(path, UNREADABLE_STALE_MS);
  if (holder.realm !== ownRealm()) return isUntouched(path, FOREIGN_STALE_MS);
  const now = identify(holder.pid);
  if (now === null) return true;
  // Here a pid is all that is known, and it may be another's by now.
  if (now.stamp === PID_ONLY || holder.stamp === PID_ONLY) return isUntouched(path, FOREIGN_STALE_MS);
  return now.stamp !== holder.stamp;
}

/** Older than this, or from a future that a clock since put right once saw. */
function isUntouched(path: string, ms: number): boolean {
  try {
    return Math.abs(Date.now() - statSync(path).mtimeMs) > ms;
  } catch {
    return false;
  }
}

/** Where pids mean the same: boot and pid namespace on Linux, the host elsewhere. */
function ownRealm(): string {
  try {
    return `${bootId() || hostname()} ${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    return hostname();
  }
}

function parseHolder(content: string): Holder | null {
  try {
    const value: unknown = JSON.parse(content);
    const identity = parseIdentity(value);
    if (identity === null || typeof value !== 'object' || value === null || !('realm' in value)) return null;
    return typeof value.realm === 'string' ? { ...identity, realm: value.realm } : null;
  } catch {
    return null;
  }
}

function readLock(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return null;
    throw error;
  }
}

function touch(path: string, content: string): void {
  try {
    // Not somebody else's who took us for dead.
    if (readLock(path) !== content) return;
    const now = new Date();
    utimesSync(path, now, now);
  } catch {
    // The holder goes on: at worst somebody in another container takes the lock for a dead one's.
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
