import { randomBytes } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import { cp, mkdir, readdir, readFile, realpath, rename, rm } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { BUILD_MARK } from '../../../domain/deployment.ts';
import { TurboError } from '../../../domain/errors.ts';
import type { DeployOrder } from '../../../ports/deploy-target.ts';
import { ENTRY, OUTPUT, SERVER_ENTRY } from './server-files.ts';

/**
 * Copies of builds, which the servers run from: a build that is replaced, half replaced or broken later changes
 * nothing in what serves now, and what served before can be started again. One is less than a megabyte.
 */
const TRIES = 3;

/**
 * Copies the project's build as it is now; gives the release's name. Killed half-way it leaves what a sweep removes.
 * Throws `build.failed` when it is a build of other files than were asked for.
 */
export async function takeRelease(releases: string, { directory, fingerprint }: DeployOrder): Promise<string> {
  for (let attempt = 1; ; attempt += 1) {
    const build = markOf(directory);
    const name = `${build}-${randomBytes(4).toString('hex')}`;
    const half = join(releases, `${name}.new`);
    try {
      await mkdir(releases, { recursive: true, mode: 0o700 });
      await cp(await realpath(join(directory, OUTPUT)), half, { recursive: true, verbatimSymlinks: true });
      // Another build came in between: the copy may be made of both.
      if (markOf(directory) !== build) throw Object.assign(new Error('the build changed'), { code: 'ENOENT' });
      if (fingerprint !== undefined && (await madeOf(half)) !== fingerprint) throw replaced(directory);
      await rename(half, join(releases, name));
      return name;
    } catch (error) {
      await rm(half, { recursive: true, force: true });
      const hasChanged = error instanceof Error && 'code' in error && error.code === 'ENOENT';
      if (!hasChanged || attempt === TRIES) throw error;
    }
  }
}

function madeOf(copy: string): Promise<string | null> {
  return readFile(join(copy, relative(OUTPUT, BUILD_MARK)), 'utf8').catch(() => null);
}

function replaced(directory: string): TurboError {
  const message = `The build in ${directory} is not the one that was proven: files were changed, or another command built them.`;
  return new TurboError('build.failed', message, { hint: 'turbobackend deploy' });
}

/** Is there a whole copy of that name? */
export function hasRelease(releases: string, name: string): boolean {
  return existsSync(join(releases, name, ENTRY));
}

/** Were both copied from the same build? */
export function isSameBuild(one: string, other: string): boolean {
  return one.split('-')[0] === other.split('-')[0];
}

/** Removes all releases but these. */
export async function sweepReleases(releases: string, keep: readonly (string | null | undefined)[]): Promise<void> {
  const names = await readdir(releases).catch(() => []);
  for (const name of names) {
    if (!keep.includes(name)) await rm(join(releases, name), { recursive: true, force: true }).catch(() => {});
  }
}

/** Which build this is. */
function markOf(directory: string): string {
  const { ino, mtimeNs, size } = statSync(join(directory, SERVER_ENTRY), { bigint: true });
  return [ino, mtimeNs, size].map((part) => part.toString(36)).join('.');
}
