import { constants } from 'node:fs';
import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { TurboError } from '../../../domain/errors.ts';
import type { Workspace } from '../../../ports/workspace.ts';
import { codeOf } from './errors.ts';

type Options = Parameters<Workspace['readFiles']>[1];

/** The bytes of the files below a folder that are wanted. */
export async function readFiles(
  directory: string,
  { isWanted, maxBytes }: Options,
): Promise<Readonly<Record<string, Uint8Array>>> {
  const found: Record<string, Uint8Array> = {};
  let left = maxBytes;
  const walk = async (folder: string): Promise<void> => {
    const entries = await readdir(join(directory, folder), { withFileTypes: true });
    for (const entry of entries.sort((one, other) => (one.name < other.name ? -1 : 1))) {
      const path = `${folder}${entry.name}`;
      if (entry.isDirectory() && isWanted(`${path}/`)) await walk(`${path}/`);
      if (!entry.isFile() || !isWanted(path)) continue;
      const bytes = await readBytes(join(directory, path), left);
      if (bytes === null) continue;
      left -= bytes.length;
      if (left < 0) throw tooMuch(directory, maxBytes);
      found[path] = bytes;
    }
  };
  await walk('');
  return found;
}

/** Null when it has gone in the meantime, or has become a link. No more is read than would be too much. */
async function readBytes(path: string, left: number): Promise<Uint8Array | null> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW).catch((error: unknown) => {
    if (['ENOENT', 'ELOOP', 'ENOTDIR'].includes(codeOf(error))) return null;
    throw error;
  });
  if (file === null) return null;
  try {
    const { size } = await file.stat();
    return size > left ? new Uint8Array(left + 1) : await file.readFile();
  } finally {
    await file.close();
  }
}

function tooMuch(directory: string, maxBytes: number): TurboError {
  const megabytes = Math.floor(maxBytes / 1024 / 1024);
  return new TurboError('limit.reached', `The files in ${directory} have more than ${megabytes} MB.`, {
    hint: 'Move what does not belong to the project out of its folder.',
  });
}
