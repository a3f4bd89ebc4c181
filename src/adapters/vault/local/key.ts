import { createHash, randomBytes, scrypt } from 'node:crypto';
import { constants } from 'node:fs';
import { chmod, link, mkdir, open, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { TurboError } from '../../../domain/errors.ts';

export interface Key {
  /** Tells keys apart without telling anything about them. */
  readonly id: string;
  readonly bytes: Buffer;
}

const KEY_BYTES = 32;
const KEY_FILE = /^[A-Za-z0-9_-]{43}\n?$/;
const MIN_MASTER_KEY_LENGTH = 16;

function toKey(bytes: Buffer): Key {
  const id = createHash('sha256').update('turbobackend key id\0').update(bytes).digest('base64url').slice(0, 8);
  return { id, bytes };
}

/** A key from a string people chose: scrypt (RFC 7914, N = 2^15, r = 8) makes guessing it dear. Throws `config.invalid`. */
export async function deriveKey(masterKey: string): Promise<Key> {
  if (masterKey.length < MIN_MASTER_KEY_LENGTH) {
    throw new TurboError(
      'config.invalid',
      `TURBOBACKEND_MASTER_KEY has ${masterKey.length} characters; ${MIN_MASTER_KEY_LENGTH} are the least.`,
      { hint: 'Make one: openssl rand -base64 32' },
    );
  }
  const derive = promisify<string, string, number, { N: number; r: number; maxmem: number }, Buffer>(scrypt);
  return toKey(
    await derive(masterKey, 'turbobackend master key v1', KEY_BYTES, { N: 2 ** 15, r: 8, maxmem: 64 * 2 ** 20 }),
  );
}

/**
 * The key of this machine, made at the first use: `<home>/keys/vault.key`, 0600 in a folder 0700. It appears under its
 * name only when it is whole, and only once: of two processes at once one makes it and both use it. An existing file is
 * never replaced; one that others could read is closed, with a note. Throws `secret.unreadable` when it is damaged and
 * `workspace.unwritable` when it cannot be made, or everybody can write to `home`.
 */
export async function loadOrCreateKey(home: string, onNote: (message: string) => void): Promise<Key> {
  const folder = join(home, 'keys');
  const file = join(folder, 'vault.key');
  try {
    const known = await read(file, onNote);
    if (known) return known;
    await refuseOpenHome(home);
    return await create(folder, file, onNote);
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

async function create(folder: string, file: string, onNote: (message: string) => void): Promise<Key> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  // mkdir leaves an existing folder's mode alone; who can write here could swap the key.
  await chmod(folder, 0o700);
  const draft = join(folder, `.vault.key-${randomBytes(9).toString('base64url')}`);
  const handle = await open(draft, 'wx', 0o600);
  try {
    await handle.writeFile(`${randomBytes(KEY_BYTES).toString('base64url')}\n`);
    await handle.sync();
    await handle.close();
    // link, unlike rename, fails when the name is taken: the first process wins.
    await link(draft, file).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
    await syncFolder(folder);
  } finally {
    await handle.close().catch(() => {});
    await unlink(draft);
  }
  const key = await read(file, onNote);
  if (!key) throw damaged(file);
  return key;
}

/** So that the name survives a power cut as well as the bytes; what it seals is stored elsewhere right after. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => null);
  await handle?.sync().catch(() => {});
  await handle?.close();
}

async function read(file: string, onNote: (message: string) => void): Promise<Key | null> {
  // Never through a symbolic link somebody put there.
  const handle = await open(file, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0)).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return null;
      throw error;
    },
  );
  if (!handle) return null;
  try {
    const folder = join(file, '..');
    const isOpen = { file: isOpenToOthers(await handle.stat()), folder: isOpenToOthers(await stat(folder)) };
    if (isOpen.file) await handle.chmod(0o600);
    if (isOpen.folder) await chmod(folder, 0o700);
    if (isOpen.file || isOpen.folder) onNote(`Others could get at the key ${file}; now only you can.`);
    const text = await handle.readFile('utf8');
    if (!KEY_FILE.test(text)) throw damaged(file);
    return toKey(Buffer.from(text.trim(), 'base64url'));
  } finally {
    await handle.close();
  }
}

const isOpenToOthers = ({ mode }: { readonly mode: number }) => process.platform !== 'win32' && (mode & 0o077) !== 0;

function damaged(file: string): TurboError {
  return new TurboError('secret.unreadable', `The key file ${file} is damaged.`, {
    hint: 'Restore it from a backup: without it the stored passwords cannot be opened.',
  });
}
