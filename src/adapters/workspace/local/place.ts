import { lstat } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { TurboError } from '../../../domain/errors.ts';
import { codeOf } from './errors.ts';

export function refuse(path: string, reason: string): TurboError {
  return new TurboError('workspace.unwritable', `${JSON.stringify(path)} is not touched: ${reason}.`);
}

/** Absolute path of a file inside a folder. Names that lead elsewhere and links on the way are refused. */
export async function locate(directory: string, path: string): Promise<string> {
  const parts = path.split('/');
  const odd = parts.some((part) => part === '' || part === '.' || part === '..' || /[\0\\:]/.test(part));
  if (odd || isAbsolute(path)) throw refuse(path, 'it is not a name inside the folder');
  let folder = directory;
  for (const part of parts.slice(0, -1)) {
    folder = join(folder, part);
    const there = await lstat(folder).catch(missingIsNull);
    if (there === null) break;
    if (there.isSymbolicLink()) throw refuse(path, `${folder} is a link`);
  }
  return join(directory, ...parts);
}

export function missingIsNull(error: unknown): null {
  if (codeOf(error) === 'ENOENT') return null;
  throw error;
}
