import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { copyProgramFile, isNeeded, type NativePackage, neededMode } from './binaries.ts';

/** A file of the cluster's copy of the programs that is not as the package has it. */
export interface CopyFault {
  /** Relative to the copy. */
  readonly path: string;
  /** `wrong`: of another size, or something else of this name. `closed`: it may not be read or run. */
  readonly kind: 'missing' | 'wrong' | 'closed';
}

/** Compares a copy with the package it was made from, file by file: names, links, sizes and modes. */
export function findCopyFaults(native: NativePackage, place: string): readonly CopyFault[] {
  return partsOf(native).flatMap((part) => {
    const kind = judge(part, join(place, part.path));
    return kind === null ? [] : [{ path: part.path, kind }];
  });
}

/** Puts these files right, each at once, so that a running server never finds one missing. Only under the cluster's lock. */
export function mendCopy(native: NativePackage, place: string, faults: readonly CopyFault[]): void {
  const faulty = new Map(faults.map(({ path, kind }) => [path, kind]));
  for (const part of partsOf(native).filter(({ path }) => faulty.has(path))) {
    const target = join(place, part.path);
    if (faulty.get(part.path) === 'closed' && part.source !== null) {
      chmodSync(target, (neededMode(part.source) & 0o100) === 0 ? 0o644 : 0o755);
      continue;
    }
    mkdirSync(dirname(target), { recursive: true, mode: 0o755 });
    const beside = `${target}.new-${randomBytes(6).toString('hex')}`;
    try {
      if (part.source === null) symlinkSync(part.to, beside);
      else copyProgramFile(part.source, beside);
      renameSync(beside, target);
    } finally {
      rmSync(beside, { force: true });
    }
  }
}

/** A file that is copied, or (`source` is null) a link that is made. */
type Part = { readonly path: string } & ({ readonly source: string } | { readonly source: null; readonly to: string });

function partsOf(native: NativePackage): readonly Part[] {
  const own = filesBelow(native.folder, native.folder);
  const paths = new Set(own.map(({ path }) => path));
  return [...own, ...native.links.flatMap(({ path, to }) => (paths.has(path) ? [] : [{ path, source: null, to }]))];
}

function filesBelow(folder: string, root: string): readonly Part[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry): readonly Part[] => {
    const source = join(folder, entry.name);
    const path = relative(root, source);
    if (entry.isDirectory()) return filesBelow(source, root);
    if (entry.isSymbolicLink()) return [{ path, source: null, to: readlinkSync(source) }];
    return isNeeded(entry.name) ? [{ path, source }] : [];
  });
}

function judge(part: Part, target: string): CopyFault['kind'] | null {
  const found = lstatSync(target, { throwIfNoEntry: false });
  if (found === undefined) return 'missing';
  if (part.source === null) return found.isSymbolicLink() && readlinkSync(target) === part.to ? null : 'wrong';
  if (!found.isFile() || found.size !== statSync(part.source).size) return 'wrong';
  const needed = neededMode(part.source);
  return (found.mode & needed) === needed ? null : 'closed';
}
