import { existsSync, realpathSync } from 'node:fs';
import { isTurboError } from '../../../domain/errors.ts';
import { type AccessFault, findAccessFaults, mendAccess } from './access-faults.ts';
import { copyFolder, findNativePackage, type NativePackage } from './binaries.ts';
import { withClusterLock } from './cluster-lock.ts';
import { findCopyFaults, mendCopy } from './copy-faults.ts';
import { asFileError } from './files.ts';
import { findLayout, type Layout } from './layout.ts';
import { serverUser } from './server-user.ts';

/**
 * Mends what `diagnoseEmbedded` finds wrong with files and can be mended without losing anything: modes of the home, of
 * its secrets and of the data folder; missing, cut, closed or wrongly linked files of the cluster's copy of the programs.
 * Gives a sentence for each thing mended, none when all was well. Makes, starts and stops nothing; safe to repeat and beside
 * a running server. Throws `workspace.*` for what cannot be written and `cluster.locked` when another command keeps on.
 */
export async function repairEmbedded(options: {
  readonly home: string;
  readonly onNote?: (message: string) => void;
}): Promise<readonly string[]> {
  const home = existsSync(options.home) ? realpathSync(options.home) : options.home;
  // The home first: what lies in it may be out of our own reach.
  const mended = mendModes(home, null);
  const layout = attempt(() => findLayout(home));
  if (layout === null) return mended;
  mended.push(...mendModes(home, layout));
  const native = attempt(() => findNativePackage());
  if (native === null || !existsSync(copyFolder(layout.folder, native))) return mended;
  // Most of the time there is nothing to mend, and nobody to be waited for.
  if (findCopyFaults(native, copyFolder(layout.folder, native)).length === 0) return mended;
  const note = await withClusterLock(layout, options.onNote ?? (() => {}), () =>
    Promise.resolve(repairCopy(layout, native)),
  );
  return [...mended, ...note];
}

/** Null for what is a finding of its own, which nobody but a person can mend. */
function attempt<T>(work: () => T): T | null {
  try {
    return work();
  } catch (error) {
    if (!isTurboError(error)) throw error;
    return null;
  }
}

function mendModes(home: string, layout: Layout | null): string[] {
  return findAccessFaults(home, layout, serverUser()).flatMap((fault) => {
    try {
      return mendAccess(fault) ? [sentence(fault)] : [];
    } catch (error) {
      throw asFileError(error, fault.path);
    }
  });
}

function sentence({ path, name, found, mode }: AccessFault): string {
  return `The ${name} ${path} had mode ${found}; it has ${mode.toString(8).padStart(4, '0')} now.`;
}

function repairCopy(layout: Layout, native: NativePackage): readonly string[] {
  const folder = copyFolder(layout.folder, native);
  const faults = findCopyFaults(native, folder);
  mendCopy(native, folder, faults);
  const files = faults.length === 1 ? `1 file of ${folder} was` : `${faults.length} files of ${folder} were`;
  return faults.length === 0 ? [] : [`${files} put right, among them ${faults[0]?.path}.`];
}
