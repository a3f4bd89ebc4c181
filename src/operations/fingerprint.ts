import { MANIFEST_FILE, treeHash } from '../domain/project.ts';
import type { Needs } from '../ports/services.ts';

/** Beside all folders, what a build and its behaviour are made of. Words about a project are no part of it. */
const FILES: ReadonlySet<string> = new Set([
  MANIFEST_FILE,
  'package.json',
  'package-lock.json',
  'nitro.config.mjs',
  'nitro.config.ts',
  'tsconfig.json',
]);
const NOT_OURS: ReadonlySet<string> = new Set(['node_modules', 'docs', 'coverage']);

/**
 * Hash of the files of a project that decide how its backend behaves: what a verification was made for. What is
 * installed, built, secret (dot-files) or only said about it does not count.
 */
export async function fingerprint(directory: string, { workspace }: Needs<'workspace'>): Promise<string> {
  const names = (await workspace.list(directory)) ?? [];
  const found = await Promise.all(
    names
      .filter((name) => !name.startsWith('.') && !NOT_OURS.has(name))
      .map(async (name) => {
        if (!FILES.has(name)) return workspace.readTree(directory, name);
        return { [name]: (await workspace.read(directory, name)) ?? '' };
      }),
  );
  return treeHash(Object.assign({}, ...found));
}
