import { TurboError } from '../../../domain/errors.ts';
import { acquireLock, inspectLock } from '../../shared/process/lock-file.ts';
import { asFileError } from './files.ts';
import type { Layout } from './layout.ts';

/** Longer than anything done under the lock takes, a long recovery apart. */
const WAIT_MS = 180_000;

/**
 * Runs `work` as the only process that makes, starts, stops or mends the cluster. What a killed one left is taken over;
 * `cluster.locked` when a living one keeps the lock longer than `waitMs` (180 s). File errors come out as `workspace.*`.
 */
export async function withClusterLock<T>(
  layout: Layout,
  onNote: (message: string) => void,
  work: () => Promise<T>,
  waitMs = WAIT_MS,
): Promise<T> {
  const path = layout.lock;
  try {
    const release = await acquireLock(path, {
      waitMs,
      onWait: (pid) => onNote(`Waiting for process ${pid ?? 'unknown'}, which is working on the database cluster.`),
    });
    if (release === null) throw locked(path);
    try {
      return await work();
    } finally {
      release();
    }
  } catch (error) {
    throw error instanceof TurboError ? error : asFileError(error, layout.folder);
  }
}

function locked(path: string): TurboError {
  const pid = inspectLock(path)?.pid ?? 'unknown';
  return new TurboError('cluster.locked', `Process ${pid} has been working on the cluster for too long.`, {
    hint: `Wait for it or end it (its lock is ${path}), then run the same command again.`,
  });
}
