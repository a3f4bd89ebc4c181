import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { TurboError } from '../../../domain/errors.ts';
import { errorCode } from '../shared/connect.ts';

/**
 * Writes a file so that at every instant, power loss included, the old or the new content is there.
 * Errors are Node's own; see `asFileError`.
 */
export function writeDurably(path: string, content: string, mode: number): void {
  const temporary = `${path}.new-${randomBytes(6).toString('hex')}`;
  try {
    const file = openSync(temporary, 'wx', mode);
    try {
      writeFileSync(file, content);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
  syncFolder(dirname(path));
}

/** Makes names in a folder survive a power loss. Some file systems cannot; they then give what they have. */
export function syncFolder(path: string): void {
  try {
    const folder = openSync(path, 'r');
    try {
      fsyncSync(folder);
    } finally {
      closeSync(folder);
    }
  } catch (error) {
    if (!['EINVAL', 'EPERM', 'EISDIR', 'ENOTSUP', 'EACCES'].includes(errorCode(error) ?? '')) throw error;
  }
}

const CODES: Readonly<Record<string, 'workspace.full' | 'workspace.unwritable'>> = {
  ENOSPC: 'workspace.full',
  EDQUOT: 'workspace.full',
  EACCES: 'workspace.unwritable',
  EPERM: 'workspace.unwritable',
  EROFS: 'workspace.unwritable',
  ENOTDIR: 'workspace.unwritable',
  EEXIST: 'workspace.unwritable',
  EISDIR: 'workspace.unwritable',
  ELOOP: 'workspace.unwritable',
  ENAMETOOLONG: 'workspace.unwritable',
};

/**
 * Translates a failed file operation into `workspace.full` or `workspace.unwritable`, naming the path it was about, or
 * `place` when the error does not tell; others stay as they are.
 */
export function asFileError(error: unknown, place: string): unknown {
  const code = CODES[errorCode(error) ?? ''];
  if (code === undefined) return error;
  const path = error instanceof Error && 'path' in error && typeof error.path === 'string' ? error.path : place;
  return code === 'workspace.full' ? fullDisk(path, error) : unwritable(path, error);
}

/** `workspace.full` for a folder. */
export function fullDisk(folder: string, cause?: unknown): TurboError {
  return new TurboError('workspace.full', `The disk that holds ${folder} is full.`, {
    hint: 'Free some space, or set TURBOBACKEND_HOME to a folder on another disk, then run the same command again.',
    cause,
  });
}

/** `workspace.unwritable` for a file or folder. */
export function unwritable(folder: string, cause: unknown): TurboError {
  return new TurboError('workspace.unwritable', `${folder} cannot be used: ${errorCode(cause)}.`, {
    hint: 'Make it a folder you may write to, or set TURBOBACKEND_HOME to one.',
    cause,
  });
}
