import { TurboError } from '../../../domain/errors.ts';

const FULL = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);
const REFUSED = new Set(['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EEXIST']);

/** What a failed system call in the archive means to a person. Other errors pass. */
export async function translateFailure<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (FULL.has(code)) {
      throw new TurboError('workspace.full', `There is no room left to put rows aside in ${path}.`, {
        hint: 'Nothing was changed. Free some disk space, or keep less: turbobackend config set versions.megabytes 100',
        cause: error,
      });
    }
    if (!REFUSED.has(code)) throw error;
    throw new TurboError('workspace.unwritable', `${path} cannot be written (${code}).`, {
      hint: 'Change its owner or permissions.',
      cause: error,
    });
  }
}
