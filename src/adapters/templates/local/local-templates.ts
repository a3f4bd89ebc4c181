import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Templates } from '../../../ports/templates.ts';
import { filesBelow, readTemplateSums, templateSums } from './template-sums.ts';

/** npm's packer drops or obeys the real names of these, so they are stored with `_` for the dot. */
const DOT_FILES = /^_(?=gitignore$|npmrc$|env\.example$|dockerignore$|github$|editorconfig$)/;

/** The texts that lie in a folder on disk; `sumsFile` holds what they were when turbobackend was built. */
export function localTemplates(folder: string, sumsFile = join(folder, '../dist/templates.json')): Templates {
  return {
    async readTree(name) {
      const root = join(folder, name);
      const paths = await filesBelow(root);
      const entries = await Promise.all(
        paths.map(
          async (path): Promise<[string, string]> => [realName(path), await readFile(join(root, path), 'utf8')],
        ),
      );
      return Object.fromEntries(entries);
    },
    async changed(below = '') {
      const built = await readTemplateSums(sumsFile);
      if (built === null) return [];
      const now = await templateSums(folder, below);
      const wanted = Object.keys(built).filter((path) => below === '' || path.startsWith(`${below}/`));
      const paths = new Set([...wanted, ...Object.keys(now)]);
      return [...paths].filter((path) => built[path] !== now[path]).sort();
    },
  };
}

function realName(path: string): string {
  return path
    .split('/')
    .map((part) => part.replace(DOT_FILES, '.'))
    .join('/');
}
