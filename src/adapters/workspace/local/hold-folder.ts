import { constants, existsSync } from 'node:fs';
import { type FileHandle, mkdir, open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { codeOf } from './errors.ts';

/** A folder that is held on to, whatever its name leads to by now. */
export interface HeldFolder {
  /** Names in it are reached below this. */
  readonly path: string;
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** Where Linux shows what a process holds open, by number. */
const OPEN_FILES = '/proc/self/fd';
const AS_FOLDER = constants.O_RDONLY | constants.O_DIRECTORY;

/**
 * Opens the folder that a file of a project lies in, part by part and never through a link, and makes it where it is
 * missing. A link that takes the place of a part afterwards leads nowhere: Linux reaches an open folder by its number.
 * Elsewhere the folder is reached by its name. Throws what the system says.
 */
export async function holdFolder(directory: string, path: string): Promise<HeldFolder> {
  if (!existsSync(OPEN_FILES)) return namedFolder(dirname(join(directory, path)));
  await mkdir(directory, { recursive: true });
  let folder = await open(directory, AS_FOLDER);
  for (const part of path.split('/').slice(0, -1)) {
    const inner = `${numbered(folder)}/${part}`;
    try {
      const next = await openOrMake(inner);
      await folder.close();
      folder = next;
    } catch (error) {
      await folder.close();
      throw error;
    }
  }
  return {
    path: numbered(folder),
    sync: () => folder.sync(),
    close: () => folder.close(),
  };
}

const numbered = ({ fd }: FileHandle): string => `${OPEN_FILES}/${fd}`;

async function openOrMake(path: string): Promise<FileHandle> {
  const flags = AS_FOLDER | constants.O_NOFOLLOW;
  try {
    return await open(path, flags);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
  }
  await mkdir(path).catch((error: unknown) => {
    if (codeOf(error) !== 'EEXIST') throw error;
  });
  return open(path, flags);
}

async function namedFolder(path: string): Promise<HeldFolder> {
  await mkdir(path, { recursive: true });
  const handle = await open(path).catch(() => null);
  return {
    path,
    sync: async () => handle?.sync(),
    close: async () => handle?.close(),
  };
}
