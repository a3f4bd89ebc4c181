import { createHash, randomBytes } from 'node:crypto';
import { linkSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { TurboError } from '../../../domain/errors.ts';
import { errorCode } from '../shared/connect.ts';
import { isAlive, ownIdentity, ownRealm, type ProcessIdentity } from './process-identity.ts';

const HEARTBEAT_MS = 2000;
/** A lock from where we cannot see the processes (another container, before a reboot) is dead when it is this old. */
const FOREIGN_STALE_MS = 30_000;
const DEADLINE_MS = 180_000;

/**
 * Runs `work` while holding the lock file, of which one process at a time can be the holder. The file names its holder
 * by pid and start time; what a killed holder left is taken over. Throws `cluster.locked` when a living one keeps it
 * longer than `deadlineMs`.
 */
export async function withLockFile<T>(
  path: string,
  work: () => Promise<T>,
  options: { deadlineMs?: number; onWait?: (pid: number | null) => void } = {},
): Promise<T> {
  const content = JSON.stringify({ ...(await ownIdentity()), token: randomBytes(8).toString('hex') });
  await acquire(path, content, options);
  const heartbeat = setInterval(() => touch(path), HEARTBEAT_MS);
  heartbeat.unref();
  try {
    await sweep(path);
    return await work();
  } finally {
    clearInterval(heartbeat);
    if (readLock(path) === content) rmSync(path, { force: true });
  }
}

/** Who holds a lock file, and whether that is somebody who lives; null when it is free. Changes nothing. */
export async function inspectLockFile(path: string): Promise<{ pid: number | null; stale: boolean } | null> {
  const content = readLock(path);
  return content === null ? null : { pid: parseHolder(content)?.pid ?? null, stale: await isStale(path, content) };
}

async function acquire(
  path: string,
  content: string,
  options: { deadlineMs?: number; onWait?: (pid: number | null) => void },
): Promise<void> {
  const deadline = performance.now() + (options.deadlineMs ?? DEADLINE_MS);
  for (let round = 0; !create(path, content); round += 1) {
    const held = readLock(path);
    if (held === null) continue;
    if (await isStale(path, held)) {
      await breakLock(path, held, content);
      continue;
    }
    const pid = parseHolder(held)?.pid ?? null;
    if (round === 20) options.onWait?.(pid);
    if (performance.now() > deadline) {
      throw new TurboError(
        'cluster.locked',
        `Process ${pid ?? 'unknown'} has been working on the cluster for too long.`,
        {
          hint: `Wait for it or end it (its lock is ${path}), then run the same command again.`,
        },
      );
    }
    await sleep(20 + Math.random() * 30);
  }
}

/**
 * Removes a dead holder's lock. Each content is unique, and only who holds the right to break it (a lock of its own,
 * named after the content) removes it: so nobody removes the fresh lock of somebody who was quicker.
 */
async function breakLock(path: string, dead: string, content: string): Promise<void> {
  const right = `${path}.break-${createHash('sha256').update(dead).digest('hex').slice(0, 16)}`;
  if (!create(right, content)) {
    const other = readLock(right);
    if (other !== null && (await isStale(right, other))) await breakLock(right, other, content);
    else await sleep(10);
    return;
  }
  try {
    if (readLock(path) === dead) rmSync(path, { force: true });
  } finally {
    rmSync(right, { force: true });
  }
}

/** Removes what killed processes left beside the lock. Safe for its holder only: no dead lock is there to be broken then. */
async function sweep(path: string): Promise<void> {
  for (const name of readdirSync(dirname(path)).filter((entry) => entry.startsWith(`${basename(path)}.`))) {
    const file = join(dirname(path), name);
    const content = readLock(file);
    if (content !== null && (await isStale(file, content))) rmSync(file, { force: true });
  }
}

/** O_EXCL by a hard link, so that the file is never there without its content. */
function create(path: string, content: string): boolean {
  const temporary = `${path}.${randomBytes(6).toString('hex')}`;
  writeFileSync(temporary, content, { flag: 'wx', mode: 0o600 });
  try {
    linkSync(temporary, path);
    return true;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    return createWithoutLinks(path, content);
  } finally {
    rmSync(temporary, { force: true });
  }
}

function createWithoutLinks(path: string, content: string): boolean {
  try {
    writeFileSync(path, content, { flag: 'wx', mode: 0o600 });
    return true;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw error;
  }
}

async function isStale(path: string, content: string): Promise<boolean> {
  const holder = parseHolder(content);
  if (holder !== null && holder.realm === ownRealm()) return !(await isAlive(holder));
  try {
    return Date.now() - statSync(path).mtimeMs > FOREIGN_STALE_MS;
  } catch {
    return false;
  }
}

function parseHolder(content: string): ProcessIdentity | null {
  try {
    const value: unknown = JSON.parse(content);
    if (typeof value !== 'object' || value === null) return null;
    if (!('pid' in value && 'startedAt' in value && 'realm' in value)) return null;
    const { pid, startedAt, realm } = value;
    if (typeof pid !== 'number' || typeof startedAt !== 'string' || typeof realm !== 'string') return null;
    return { pid, startedAt, realm };
  } catch {
    return null;
  }
}

function readLock(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return null;
    throw error;
  }
}

function touch(path: string): void {
  try {
    const now = new Date();
    utimesSync(path, now, now);
  } catch {
    // The holder goes on: at worst somebody in another container takes the lock for a dead one's.
  }
}
