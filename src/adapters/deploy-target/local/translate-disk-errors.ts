import { TurboError } from '../../../domain/errors.ts';

const UNWRITABLE = new Set(['EACCES', 'EPERM', 'EROFS', 'ENOTDIR']);
const FULL = new Set(['ENOSPC', 'EDQUOT']);

/** Runs `work`; what the disk refuses becomes `workspace.unwritable` or `workspace.full`, with the folder's name. */
export async function translateDiskErrors<T>(home: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (UNWRITABLE.has(code)) {
      throw new TurboError(
        'workspace.unwritable',
        `turbobackend's data folder ${home} cannot be written to (${code}).`,
        {
          hint: 'Make it writable, or set TURBOBACKEND_HOME to another folder.',
          cause: error,
        },
      );
    }
    if (FULL.has(code)) {
      throw new TurboError('workspace.full', `The disk of turbobackend's data folder ${home} is full (${code}).`, {
        hint: 'Free some space, then run the same command again.',
        cause: error,
      });
    }
    throw error;
  }
}
