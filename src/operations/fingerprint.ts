import { MANIFEST_FILE, treeHash } from '../domain/project.ts';
import type { Needs } from '../ports/services.ts';
import type { FileTree } from '../ports/workspace.ts';

/** Beside all folders, what a build and its behaviour are made of. Words about a project are no part of it. */
const FILES: ReadonlySet<string> = new Set([
  MANIFEST_FILE,
  'package.json',
  'package-lock.json',
  'nitro.config.mjs',
  'nitro.config.ts',
  'rolldown.config.mjs',
  'tsconfig.json',
]);
const NOT_OURS: ReadonlySet<string> = new Set(['node_modules', 'docs', 'coverage']);

/** Hash of the files of a project that decide how its backend behaves: what a verification was made for. */
export async function fingerprint(directory: string, services: Needs<'workspace'>): Promise<string> {
  const files = Object.entries(await projectFiles(directory, services));
  return treeHash(Object.fromEntries(files.filter(([path]) => path.includes('/') || FILES.has(path))));
}

/** The files of a project, without what is installed, built or secret (dot-files). */
export async function projectFiles(directory: string, { workspace }: Needs<'workspace'>): Promise<FileTree> {
  const names = ((await workspace.list(directory)) ?? []).filter(
    (name) => !name.startsWith('.') && !NOT_OURS.has(name),
  );
  const found = await Promise.all(
    names.map(async (name) => {
      const inside = await workspace.readTree(directory, name);
      if (Object.keys(inside).length > 0) return inside;
      const text = await workspace.read(directory, name).catch(() => null);
      return text === null ? {} : { [name]: text };
    }),
  );
  return Object.assign({}, ...found);
}
