import { existsSync, statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { TurboError } from '../domain/errors.ts';

/** PROC_SUPER_MAGIC of statfs(2). */
const PROC = 0x9fa0;

/**
 * Gives the home folder back unless it lies in /proc: no folder can be made there, and each try says that the one above
 * it is missing, so that making them one by one never ends. Throws `workspace.unwritable`.
 */
export function checkedHome(home: string): string {
  let there = home;
  while (!existsSync(there) && dirname(there) !== there) there = dirname(there);
  if (process.platform !== 'linux' || statfsSync(there).type !== PROC) return home;
  throw new TurboError('workspace.unwritable', `${home} lies in a file system that takes no folders.`, {
    hint: 'Set TURBOBACKEND_HOME to a folder of yours.',
  });
}
