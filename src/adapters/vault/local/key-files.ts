import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { chmod, type FileHandle, link, lstat, mkdir, open, readdir, rename, stat, unlink } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { TurboError } from '../../../domain/errors.ts';
import { type Key, newKeyText, parseKey } from './key.ts';

/** The keys of this machine, in `<home>/keys`. */
export interface KeyFiles {
  /** The key that seals, unless `next` is there; null before the first use. */
  readonly current: Key | null;
  /** The key that is about to become the current one. */
  readonly next: Key | null;
  /** Former ones, kept because something may still be sealed with them. */
  readonly old: readonly Key[];
}

const CURRENT = 'vault.key';
const NEXT = 'vault.key.next';
const OLD = /^vault\.key\.old-[A-Za-z0-9_-]{8}$/;
const KEY = /^vault\.key(\.next|\.old-[A-Za-z0-9_-]{8})?$/;
/** A key on its way to its name; what a killed process left of it may be a second name of a key in use. */
const DRAFT = /^\.vault\.key-[A-Za-z0-9_-]{12}$/;

/**
 * Key files, 0600 in a folder 0700. One appears under its name only when it is whole, and only once: of two processes
 * at once one makes it and both use it. An existing file is never replaced but by `promote`; one that others could
 * read is closed, with a note, unless `onNote` is null: then somebody only looks. All throw `secret.unreadable` for a damaged file and `workspace.unwritable` when the
 * folder does not allow it, or everybody can write to `home`.
 */
export function keyFiles(home: string, onNote: ((message: string) => void) | null) {
  const folder = join(home, 'keys');
  const at = (name: string) => join(folder, name);
  // Several reads at once find the same; one of them tells.
  const told = new Set<string>();
  const tell = (message: string) => {
    if (!told.has(message)) onNote?.(message);
    told.add(message);
  };
  const load = async (name: string) => read(at(name), onNote && tell);

  const look = async (): Promise<KeyFiles> => {
    // In this order a change that happens meanwhile is seen as done or as under way, never as not begun.
    const next = await load(NEXT);
    const current = await load(CURRENT);
    const old = await Promise.all((await list(folder, OLD)).map(load));
    return { current, next, old: old.filter((key) => key !== null) };
  };

  const make = async (name: typeof CURRENT | typeof NEXT): Promise<Key> => {
    await refuseOpenHome(home);
    await create(folder, at(name));
    const key = await load(name);
    if (!key) throw damaged(at(name));
    return key;
  };

  return {
    look: () => translated(at(CURRENT), look),
    /** Paths of the keys that others can get at, themselves or through the folder. */
    exposed: () =>
      translated(at(CURRENT), async () => {
        const names = await list(folder, KEY);
        const isFolderOpen = names.length > 0 && isOpenToOthers(await stat(folder));
        const modes = await Promise.all(names.map((name) => lstat(at(name)).catch(() => null)));
        return names.filter((_, index) => isFolderOpen || isOpenToOthers(modes[index] ?? { mode: 0 })).map(at);
      }),
    /** The current key, made at the first use. */
    makeCurrent: () => translated(at(CURRENT), () => make(CURRENT)),
    /** The next key, made when there is none. */
    makeNext: () => translated(at(NEXT), () => make(NEXT)),
    /** The next key becomes the current one; that one is gone, or kept beside it as an old one. */
    promote: (keepCurrent: boolean) =>
      translated(at(CURRENT), async () => {
        const { current, next } = await look();
        if (!next) return;
        if (keepCurrent && current) await linkOnce(at(CURRENT), at(`${CURRENT}.old-${current.id}`));
        await rename(at(NEXT), at(CURRENT));
        await removeAll(folder, await list(folder, DRAFT));
      }),
    /** Nothing is sealed with former keys any more. */
    removeOld: () => translated(at(CURRENT), async () => removeAll(folder, await list(folder, OLD))),
    /** Nothing is sealed with a key of this folder any more. */
    removeAll: () =>
      translated(at(CURRENT), async () => {
        const others = [...(await list(folder, OLD)), ...(await list(folder, DRAFT))];
        await removeAll(folder, [...others, NEXT, CURRENT]);
      }),
  };
}

async function translated<T>(file: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof TurboError) throw error;
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw new TurboError('workspace.unwritable', `The key file ${file} cannot be read or made (${code}).`, {
      hint: 'Give yourself read and write access to it, or set TURBOBACKEND_HOME to a folder of yours.',
      cause: error,
    });
  }
}

/** Who may rename in a folder can swap what is kept below it; a sticky folder does not let them. */
async function refuseOpenHome(home: string): Promise<void> {
  const there = await stat(home).catch(() => null);
  if (process.platform === 'win32' || !there || (there.mode & 0o002) === 0 || (there.mode & 0o1000) !== 0) return;
  throw new TurboError('workspace.unwritable', `Everybody can write to ${home}: no secret is stored there.`, {
    hint: `chmod o-w ${JSON.stringify(home)}, then the same command again.`,
  });
}

async function create(folder: string, file: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  // mkdir leaves an existing folder's mode alone; who can write here could swap the key.
  await chmod(folder, 0o700);
  const draft = join(folder, `.vault.key-${randomBytes(9).toString('base64url')}`);
  const handle = await open(draft, 'wx', 0o600);
  try {
    await handle.writeFile(newKeyText());
    await handle.sync();
    await handle.close();
    await linkOnce(draft, file);
    await syncFolder(folder);
  } finally {
    await handle.close().catch(() => {});
    await removeAll(folder, [basename(draft)]);
  }
}

/** link, unlike rename, fails when the name is taken: the first process wins, and may have swept our draft away. */
async function linkOnce(from: string, to: string): Promise<void> {
  await link(from, to).catch(async (error: NodeJS.ErrnoException) => {
    if (error.code === 'EEXIST' || (error.code === 'ENOENT' && (await stat(to).catch(() => null)))) return;
    throw error;
  });
}

/** So that the name survives a power cut as well as the bytes; what it seals is stored elsewhere right after. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => null);
  await handle?.sync().catch(() => {});
  await handle?.close();
}

async function list(folder: string, pattern: RegExp): Promise<readonly string[]> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  return names.filter((name) => pattern.test(name));
}

async function removeAll(folder: string, names: readonly string[]): Promise<void> {
  for (const name of names) {
    await unlink(join(folder, name)).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
    });
  }
  await syncFolder(folder);
}

async function read(file: string, onNote: ((message: string) => void) | null): Promise<Key | null> {
  // Never through a symbolic link somebody put there.
  const handle = await open(file, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0)).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return null;
      throw error;
    },
  );
  if (!handle) return null;
  try {
    if (onNote) await close(file, handle, onNote);
    const key = parseKey(await handle.readFile('utf8'));
    if (!key) throw damaged(file);
    return key;
  } finally {
    await handle.close();
  }
}

async function close(file: string, handle: FileHandle, onNote: (message: string) => void): Promise<void> {
  const folder = join(file, '..');
  const isOpen = { file: isOpenToOthers(await handle.stat()), folder: isOpenToOthers(await stat(folder)) };
  if (isOpen.file) await handle.chmod(0o600);
  if (isOpen.folder) await chmod(folder, 0o700);
  if (isOpen.file || isOpen.folder) onNote(`Others could get at the key ${file}; now only you can.`);
}

const isOpenToOthers = ({ mode }: { readonly mode: number }) => process.platform !== 'win32' && (mode & 0o077) !== 0;

function damaged(file: string): TurboError {
  return new TurboError('secret.unreadable', `The key file ${file} is damaged.`, {
    hint: 'Restore it from a backup: without it the stored passwords cannot be opened.',
  });
}
