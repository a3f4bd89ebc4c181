import { randomBytes } from 'node:crypto';
import {
  chmod,
  lstat,
  mkdir,
  open,
  readdir,
  readFile,
  rename,
  rm,
  rmdir,
  stat,
  unlink,
  writeFile,
} from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, parse } from 'node:path';
import { TurboError } from '../../../domain/errors.ts';
import type { FileTree, Workspace } from '../../../ports/workspace.ts';
import { identify } from '../../shared/process/identity.ts';
import { createFolder } from './create-folder.ts';
import { codeOf, translate } from './errors.ts';
import { type HeldFolder, holdFolder } from './hold-folder.ts';
import { locate, missingIsNull, refuse } from './place.ts';
import { readFiles } from './read-files.ts';

/** Project folders on the disk of this machine. */
export function localWorkspace(): Workspace {
  return {
    list: (directory) => guarded(directory, () => listFolder(directory)),
    read: (directory, path) => guarded(join(directory, path), () => readText(directory, path)),
    readTree: (directory, folder) => guarded(join(directory, folder), () => readAll(directory, folder)),
    readFiles: (directory, options) => guarded(directory, () => readFiles(directory, options)),
    write: (directory, path, content, options) =>
      guarded(join(directory, path), () => replaceFile(directory, path, content, options?.mode)),
    rewrite: (directory, path, content) =>
      guarded(join(directory, path), async () => replaceFile(directory, path, content, await modeOf(directory, path))),
    isFile: (directory, path) =>
      guarded(join(directory, path), async () => (await statusOf(directory, path))?.isFile() === true),
    createFile: (directory, path, content) =>
      guarded(join(directory, path), () => createText(directory, path, content)),
    protect: (directory, path) => guarded(join(directory, path), () => closeFile(directory, path)),
    isExposed: (directory, path) => guarded(join(directory, path), () => isOpenToOthers(directory, path)),
    createFolder: (directory, files, options) =>
      guarded(directory, () => createFolder(directory, files, options?.modes ?? {})),
    checkWritable: (directory) => guarded(directory, () => probe(directory)),
    removeLeftovers: (directory, paths) => guarded(directory, () => removeTemporaries(directory, paths)),
    remove: (directory, path) => guarded(join(directory, path), () => removeFile(directory, path)),
    removeFolder: (directory) => guarded(directory, () => removeWhole(directory)),
  };
}

async function guarded<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw translate(error, path);
  }
}

/** Somebody else's trial, which is gone in a moment. */
const PROBE = /^\.tb-probe-[0-9a-f]{12}$/;

async function listFolder(directory: string): Promise<readonly string[] | null> {
  const names = await readdir(directory).catch(missingIsNull);
  return names?.filter((name) => !PROBE.test(name)).sort() ?? null;
}

async function readAll(directory: string, folder: string): Promise<FileTree> {
  const path = await locate(directory, folder);
  const there = await lstat(path).catch(missingIsNull);
  if (!there?.isDirectory()) return {};
  const entries = await readdir(path, { withFileTypes: true });
  const found = await Promise.all(
    entries.map(async (entry): Promise<FileTree> => {
      const name = `${folder}/${entry.name}`;
      if (entry.isDirectory()) return readAll(directory, name);
      // One that is just being replaced may be gone by now.
      const text = entry.isFile() ? await readFile(join(directory, name), 'utf8').catch(missingIsNull) : null;
      return text === null ? {} : { [name]: text };
    }),
  );
  return Object.assign({}, ...found);
}

async function readText(directory: string, path: string): Promise<string | null> {
  return readFile(await locate(directory, path), 'utf8').catch((error: unknown) => {
    if (codeOf(error) === 'ENOTDIR') return null;
    return missingIsNull(error);
  });
}

/** Temp file, fsync, rename, fsync of the folder: a reader and a crash see the old or the new content. */
async function replaceFile(directory: string, path: string, content: string, mode = 0o644): Promise<void> {
  const target = await locate(directory, path);
  await inFolder(directory, path, async (folder) => {
    if ((mode & 0o077) === 0) await refuseOpenFolder(folder.path);
    const temporary = join(folder.path, `${temporaryOf(basename(target))}${ownMark()}`);
    try {
      const file = await open(temporary, 'wx', mode);
      try {
        await file.writeFile(content);
        await file.chmod(mode);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(temporary, join(folder.path, basename(target)));
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
    // Folders cannot be synced everywhere; where they cannot, the rename itself has to do.
    await folder.sync().catch(() => undefined);
  });
}

/** Works in the folder that a file lies in, and in no other that takes its name meanwhile. */
async function inFolder<T>(directory: string, path: string, work: (folder: HeldFolder) => Promise<T>): Promise<T> {
  try {
    const folder = await holdFolder(directory, path);
    return await work(folder).finally(() => folder.close());
  } catch (error) {
    if (codeOf(error) === 'ENOENT') throw refuse(path, 'its folder was taken away meanwhile');
    throw error;
  }
}

/** How a file is called while it is written, before the mark of who does it. What ignores `.env.*` ignores it, too. */
const temporaryOf = (name: string): string => `${name.startsWith('.') ? '' : '.'}${name}.tmp-`;

const PID_DIGITS = 6;

/** Our pid, then something random; hexadecimal. */
function ownMark(): string {
  const pid = process.pid.toString(16).padStart(PID_DIGITS, '0').slice(-PID_DIGITS);
  return pid + randomBytes(3).toString('hex');
}

/** Whether nobody goes on with it. A container may give each of its first processes the same pid. */
async function isAbandoned(file: string, mark: string): Promise<boolean> {
  if (!/^[0-9a-f]{12}$/.test(mark)) return false;
  if (mark.slice(0, PID_DIGITS) !== ownMark().slice(0, PID_DIGITS)) {
    return identify(Number.parseInt(mark.slice(0, PID_DIGITS), 16)) === null;
  }
  const there = await lstat(file).catch(missingIsNull);
  return there !== null && there.mtimeMs < performance.timeOrigin;
}

async function removeTemporaries(directory: string, paths: readonly string[]): Promise<void> {
  for (const folder of new Set(paths.map((path) => dirname(path)))) {
    const starts = paths.filter((path) => dirname(path) === folder).map((path) => temporaryOf(basename(path)));
    for (const name of await readdir(join(directory, folder)).catch(() => [])) {
      const start = starts.find((candidate) => name.startsWith(candidate));
      if (start === undefined) continue;
      if (await isAbandoned(join(directory, folder, name), name.slice(start.length)))
        await removeFile(directory, join(folder, name));
    }
  }
}

async function statusOf(directory: string, path: string) {
  return lstat(await locate(directory, path)).catch((error: unknown) => {
    if (codeOf(error) === 'ENOTDIR') return null;
    return missingIsNull(error);
  });
}

async function modeOf(directory: string, path: string): Promise<number> {
  const there = await statusOf(directory, path);
  return there?.isFile() ? there.mode & 0o777 : 0o644;
}

async function createText(directory: string, path: string, content: string): Promise<boolean> {
  const target = await locate(directory, path);
  return inFolder(directory, path, async (folder) => {
    try {
      await writeFile(join(folder.path, basename(target)), content, { flag: 'wx', mode: 0o644, flush: true });
      return true;
    } catch (error) {
      if (codeOf(error) === 'EEXIST') return false;
      throw error;
    }
  });
}

/** Who may rename in a folder can put another file in the place of a secret one; a sticky folder does not let them. */
async function refuseOpenFolder(folder: string): Promise<void> {
  const { mode } = await stat(folder);
  if (process.platform === 'win32' || (mode & 0o002) === 0 || (mode & 0o1000) !== 0) return;
  throw new TurboError('workspace.unwritable', `Everybody can write to ${folder}: no secret is stored there.`, {
    hint: `chmod o-w ${JSON.stringify(folder)}, then the same command again.`,
  });
}

async function isOpenToOthers(directory: string, path: string): Promise<boolean> {
  const there = await lstat(await locate(directory, path)).catch(missingIsNull);
  return process.platform !== 'win32' && there?.isFile() === true && (there.mode & 0o077) !== 0;
}

async function closeFile(directory: string, path: string): Promise<boolean> {
  if (!(await isOpenToOthers(directory, path))) return false;
  await chmod(await locate(directory, path), 0o600);
  return true;
}

/** Makes and removes a folder at the place, or at the nearest place above it that exists. */
async function probe(directory: string): Promise<void> {
  let folder = directory;
  while ((await lstat(folder).catch(missingIsNull)) === null) folder = dirname(folder);
  const trial = join(folder, `.tb-probe-${randomBytes(6).toString('hex')}`);
  // What exists and cannot hold anything, like /proc, says that it is missing.
  await mkdir(trial).catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') throw refuse(directory, 'nothing can be made there');
    throw error;
  });
  await rmdir(trial);
}

async function removeFile(directory: string, path: string): Promise<void> {
  const target = await locate(directory, path);
  // Nothing is made for what is taken away.
  if ((await lstat(dirname(target)).catch(missingIsNull)) === null) return;
  await inFolder(directory, path, (folder) =>
    unlink(join(folder.path, basename(target))).catch((error: unknown) => {
      if (codeOf(error) === 'ENOTDIR') return null;
      return missingIsNull(error);
    }),
  );
}

async function removeWhole(directory: string): Promise<void> {
  if (!isAbsolute(directory) || parse(directory).root === directory)
    throw refuse(directory, 'it is not a project folder');
  const there = await lstat(directory).catch(missingIsNull);
  if (there?.isSymbolicLink()) throw refuse(directory, 'it is a link');
  await rm(directory, { recursive: true, force: true });
}
