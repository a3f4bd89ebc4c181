import { TurboError } from '../../../domain/errors.ts';

/** The code of a failed system call, or an empty text. */
export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

const FULL = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);
const REFUSED = new Set(['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'ENAMETOOLONG', 'ELOOP', 'EISDIR', 'EINVAL', 'EEXIST']);

/** What a failed system call on a path means to a person. Other errors are bugs and come back as they are. */
export function translate(error: unknown, path: string): unknown {
  const code = codeOf(error);
  if (FULL.has(code)) {
    return new TurboError('workspace.full', `There is no room left to write ${path}.`, {
      hint: 'Free some disk space and run the same command again.',
      cause: error,
    });
  }
  if (REFUSED.has(code)) {
    return new TurboError('workspace.unwritable', `${path} cannot be written (${code}).`, {
      hint: 'Choose another folder, or change its owner or permissions.',
      cause: error,
    });
  }
  return error;
}
