import { randomBytes } from 'node:crypto';
import { lstat, mkdir, open, readdir, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { TurboError } from '../../../domain/errors.ts';
import { codeOf } from './errors.ts';
import { locate, missingIsNull } from './place.ts';

const UNFINISHED = '.tb-new-';

type Contents = Readonly<Record<string, string | Uint8Array>>;

/** See `createFolder` of the port. */
export async function createFolder(
  directory: string,
  files: Contents,
  modes: Readonly<Record<string, number>>,
): Promise<void> {
  await refuseOccupied(directory);
  const parent = dirname(directory);
  await mkdir(parent, { recursive: true });
  await removeLeftovers(parent, basename(directory));
  const fresh = join(parent, `.${basename(directory)}${UNFINISHED}${process.pid}-${randomBytes(4).toString('hex')}`);
  try {
    // Whatever the umask: a project folder everybody can write to would be no place for its secrets.
    await mkdir(fresh, { mode: 0o755 });
    await writeTree(fresh, files, modes);
    await rmdir(directory).catch(missingIsNull);
    await rename(fresh, directory);
  } catch (error) {
    await rm(fresh, { recursive: true, force: true });
    if (['ENOTEMPTY', 'EEXIST', 'ENOTDIR'].includes(codeOf(error))) throw await occupied(directory);
    throw error;
  }
  await syncFolder(parent);
}

/** Folders cannot be synced everywhere; where they cannot, the rename itself has to do. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder).catch(() => null);
  await handle?.sync().catch(() => undefined);
  await handle?.close();
}

/** Not synced one by one: the folder can be made again from what is recorded, and sixty fsyncs cost half a second. */
async function writeTree(root: string, files: Contents, modes: Readonly<Record<string, number>>): Promise<void> {
  const paths = Object.keys(files);
  const targets = new Map<string, string>();
  for (const path of paths) targets.set(path, await locate(root, path));
  for (const folder of new Set([...targets.values()].map(dirname))) await mkdir(folder, { recursive: true });
  await Promise.all(
    [...targets].map(([path, target]) =>
      writeFile(target, files[path] ?? '', {
        flag: 'wx',
        mode: modes[path] ?? 0o644,
        flush: Object.hasOwn(modes, path),
      }),
    ),
  );
}

async function refuseOccupied(directory: string): Promise<void> {
  const there = await lstat(directory).catch(missingIsNull);
  if (there === null) return;
  if (!there.isDirectory() || (await readdir(directory)).length > 0) throw await occupied(directory);
}

async function occupied(directory: string): Promise<TurboError> {
  const names = await readdir(directory).catch(() => []);
  const shown = names.sort().slice(0, 5).join(', ');
  const inside = names.length > 0 ? ` It holds ${shown}${names.length > 5 ? ', …' : ''}.` : '';
  return new TurboError('project.exists', `${directory} exists already.${inside}`, {
    hint: 'Choose another folder with --dir, or move this one away.',
    details: { entries: names },
  });
}

/** Half-made folders of processes that are gone. */
async function removeLeftovers(parent: string, name: string): Promise<void> {
  const prefix = `.${name}${UNFINISHED}`;
  for (const entry of await readdir(parent)) {
    const pid = entry.startsWith(prefix) ? Number(entry.slice(prefix.length).split('-')[0]) : 0;
    if (Number.isInteger(pid) && pid > 0 && !isAlive(pid)) {
      await rm(join(parent, entry), { recursive: true, force: true });
    }
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
}
