import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statfsSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { TurboError } from '../../../domain/errors.ts';
import { errorCode } from '../shared/connect.ts';
import type { NativePackage } from './binaries.ts';
import { asFileError, fullDisk, syncFolder, writeDurably } from './files.ts';
import { type Layout, readPassword } from './layout.ts';
import { runProgram } from './run-program.ts';
import type { ServerUser } from './server-user.ts';
import { ADMIN } from './settings.ts';

/** A fresh data folder takes 40 MB and its first transaction log 16; below this initdb need not be tried. */
const NEEDED_BYTES = 100 * 1024 * 1024;

/** The administrator's password, made on first use. */
export function ensurePassword(layout: Layout): string {
  const known = readPassword(layout.home);
  if (known !== null) return known;
  const password = newPassword();
  keepPassword(layout, password);
  return password;
}

/** 32 random bytes as base64url. */
export function newPassword(): string {
  return randomBytes(32).toString('base64url');
}

/** Writes the administrator's password file. */
export function keepPassword(layout: Layout, password: string): void {
  writeDurably(layout.passwordFile, `${password}\n`, 0o600);
}

/**
 * Makes data folder and marker beside their place and renames them there, so that a cut at any instant leaves either
 * nothing or everything. Only to be called under the cluster's lock.
 */
export async function makeInstance(
  layout: Layout,
  bin: string,
  native: NativePackage,
  user: ServerUser | null,
): Promise<void> {
  checkSpace(layout);
  const password = ensurePassword(layout);
  const staging = `${layout.instance}.new-${randomBytes(6).toString('hex')}`;
  try {
    mkdirSync(staging, { mode: 0o700 });
    if (user !== null) chmodSync(staging, 0o711);
    const data = join(staging, 'data');
    makeFolderFor(data, user);
    await initialise(layout, { bin, data, passwordFile: join(staging, 'password'), password, user });
    const made = { version: 1, postgres: native.version, systemIdentifier: readSystemIdentifier(data) };
    writeDurably(join(staging, 'made.json'), `${JSON.stringify(made)}\n`, 0o600);
    renameSync(staging, layout.instance);
    syncFolder(layout.folder);
  } catch (error) {
    rmSync(staging, { recursive: true, force: true });
    throw asFileError(error, layout.folder);
  }
}

async function initialise(
  layout: Layout,
  order: { bin: string; data: string; passwordFile: string; password: string; user: ServerUser | null },
): Promise<void> {
  const { bin, data, passwordFile, password, user } = order;
  writeFileSync(passwordFile, password, { flag: 'wx', mode: 0o600 });
  if (user !== null) chownSync(passwordFile, user.uid, user.gid);
  const locale = [
    '-E',
    'UTF8',
    '--no-locale',
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
    '-T',
    'english',
  ];
  const args = [
    '-D',
    data,
    '-U',
    ADMIN,
    '-A',
    'scram-sha-256',
    '--pwfile',
    passwordFile,
    ...locale,
    '--no-instructions',
  ];
  const { code, output } = await startProgram(join(bin, 'initdb'), args, user);
  rmSync(passwordFile, { force: true });
  if (code === 0) return;
  if (freeBytes(layout.folder) < NEEDED_BYTES / 4) throw fullDisk(layout.folder);
  throw new TurboError('cluster.start_failed', `initdb could not make the data folder: ${lastLine(output)}`, {
    hint: 'turbobackend doctor',
    details: { output },
  });
}

async function startProgram(file: string, args: readonly string[], user: ServerUser | null) {
  try {
    return await runProgram(file, args, { user });
  } catch (error) {
    // The file is there: what is missing is the loader it was linked for (musl systems).
    if (errorCode(error) !== 'ENOENT' && errorCode(error) !== 'ENOEXEC') throw error;
    throw new TurboError('cluster.unsupported', 'The embedded PostgreSQL cannot run on this system (it needs glibc).', {
      hint: 'Set DB_ADMIN_URL to a PostgreSQL server (14 or newer) of your own.',
      cause: error,
    });
  }
}

/**
 * Removes what interrupted attempts left: their names are random, so nothing in use is called like this. Only to be
 * called under the cluster's lock.
 */
export function removeLeftovers(layout: Layout): void {
  for (const name of readdirSync(layout.folder)) {
    if (!/^(instance|native-.*)\.new-[0-9a-f]+$/.test(name)) continue;
    try {
      rmSync(join(layout.folder, name), { recursive: true, force: true, maxRetries: 3, retryDelay: 50 });
    } catch {
      // An initdb whose parent was killed may still be writing there; the next run gets it.
    }
  }
}

function checkSpace(layout: Layout): void {
  if (freeBytes(layout.folder) < NEEDED_BYTES) throw fullDisk(layout.folder);
}

/** Bytes an ordinary user may still write on the disk that holds `folder`. */
export function freeBytes(folder: string): number {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}

/** Makes a folder only the server's account may enter. */
export function makeFolderFor(folder: string, user: ServerUser | null): void {
  mkdirSync(folder, { mode: 0o700 });
  if (user !== null) chownSync(folder, user.uid, user.gid);
}

/** The cluster's identity: the first eight bytes of its control file, in the machine's byte order. */
export function readSystemIdentifier(data: string): string {
  const bytes = Buffer.alloc(8);
  const file = openSync(join(data, 'global', 'pg_control'), 'r');
  try {
    readSync(file, bytes, 0, 8, 0);
  } finally {
    closeSync(file);
  }
  const little = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;
  return (little ? bytes.readBigUInt64LE() : bytes.readBigUInt64BE()).toString();
}

/**
 * Checks what PostgreSQL would refuse, and what we must not touch. Throws `cluster.data_folder` (naming the fix) or
 * `cluster.version`.
 */
export function checkInstance(layout: Layout, native: NativePackage, user: ServerUser | null): void {
  const problem = dataFolderProblem(layout, user);
  if (problem !== null) throw new TurboError('cluster.data_folder', problem.detail, { hint: problem.fix });
  const major = Number.parseInt(readFileSync(join(layout.data, 'PG_VERSION'), 'utf8'), 10);
  if (major === native.major) return;
  throw new TurboError(
    'cluster.version',
    `The data in ${layout.data} is of PostgreSQL ${major}; this is ${native.major}.`,
    {
      hint: `Use the version of turbobackend that made it, or set TURBOBACKEND_HOME to a new folder.`,
    },
  );
}

/** Owner, mode and marker of the data folder: what is wrong and the command that repairs it; null when all is well. */
export function dataFolderProblem(layout: Layout, user: ServerUser | null): { detail: string; fix: string } | null {
  const { data } = layout;
  if (!existsSync(layout.marker) || !existsSync(data)) {
    const detail = `${layout.instance} was not made by turbobackend, or parts of it are gone.`;
    return { detail, fix: `mv ${layout.instance} ${layout.instance}.old` };
  }
  const { uid, mode } = statSync(data);
  const wanted = user?.uid ?? process.getuid?.() ?? uid;
  if (uid !== wanted)
    return { detail: `${data} belongs to uid ${uid}, not ${wanted}.`, fix: `chown -R ${wanted} ${data}` };
  if ((mode & 0o027) === 0) return null;
  const found = (mode & 0o777).toString(8).padStart(4, '0');
  return { detail: `${data} has mode ${found}; others could read or change it.`, fix: `chmod 700 ${data}` };
}

function lastLine(output: string): string {
  return output.trim().split('\n').at(-1) ?? '';
}
