import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Templates } from '../../../ports/templates.ts';

/** npm's packer drops or obeys the real names of these, so they are stored with `_` for the dot. */
const DOT_FILES = /^_(?=gitignore$|npmrc$|env\.example$|dockerignore$|github$|editorconfig$)/;

/** The texts that lie in a folder on disk. */
export function localTemplates(folder: string): Templates {
  return {
    async readTree(name) {
      const root = join(folder, name);
      const paths = await filesBelow(root, '');
      const entries = await Promise.all(
        paths.map(
          async (path): Promise<[string, string]> => [realName(path), await readFile(join(root, path), 'utf8')],
        ),
      );
      return Object.fromEntries(entries);
    },
  };
}

/** Relative POSIX paths of all files, sorted. */
async function filesBelow(root: string, below: string): Promise<string[]> {
  const entries = await readdir(join(root, below), { withFileTypes: true });
  entries.sort((one, other) => (one.name < other.name ? -1 : 1));
  const nested = await Promise.all(
    entries.map((entry) => {
      const path = below === '' ? entry.name : `${below}/${entry.name}`;
      return entry.isDirectory() ? filesBelow(root, path) : [path];
    }),
  );
  return nested.flat();
}

function realName(path: string): string {
  return path
    .split('/')
    .map((part) => part.replace(DOT_FILES, '.'))
    .join('/');
}
