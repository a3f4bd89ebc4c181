import { randomBytes } from 'node:crypto';
import { closeSync, mkdirSync, openSync, readdirSync, rmdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { identifySelf, isAlive } from './process-identity.ts';

/**
 * A lock between processes (and within one) that a kill -9 cannot leave behind. Whoever wants it first announces
 * itself with a file of its own name, which holds pid and start time, and then looks round: it has the lock when
 * nobody else alive is announced. Of two at once at least one sees the other; files of the dead are ignored, and
 * since no name is ever used twice they can be removed without a race.
 */
const NAME = /^(\d+)~([\w.-]+)~[0-9a-f]{16}$/;

/** Tries until it has the lock or `waitMs` are over; gives the function that lets go, or null. */
export async function acquireLock(folder: string, waitMs: number): Promise<(() => void) | null> {
  const self = identifySelf();
  const deadline = Date.now() + waitMs;
  for (;;) {
    const name = `${self.pid}~${self.stamp}~${randomBytes(8).toString('hex')}`;
    const file = join(folder, name);
    if (!isLockHeld(folder) && announce(folder, file)) {
      if (!isLockHeld(folder, name)) return () => rmSync(file, { force: true });
      rmSync(file, { force: true });
    }
    if (Date.now() >= deadline) return null;
    await sleep(10 + Math.random() * 40);
  }
}

/** False when somebody swept the empty folder away in that instant. */
function announce(folder: string, file: string): boolean {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  try {
    closeSync(openSync(file, 'wx', 0o600));
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false;
    throw error;
  }
}

/** Removes the folder of a lock that nobody wants any more. */
export function sweepLock(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {
    // Somebody has it or wants it, or it was never made.
  }
}

/** Is anybody alive announced (besides `own`)? Sweeps away the files of the dead. */
export function isLockHeld(folder: string, own?: string): boolean {
  let held = false;
  for (const name of listNames(folder)) {
    const [, pid, stamp] = NAME.exec(name) ?? [];
    if (name === own || pid === undefined || stamp === undefined) continue;
    if (isAlive({ pid: Number(pid), stamp })) held = true;
    else rmSync(join(folder, name), { force: true });
  }
  return held;
}

function listNames(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
