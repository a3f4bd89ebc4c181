import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** SHA-256 in hex by path, as `npm run build` writes it down. */
export type TemplateSums = Readonly<Record<string, string>>;

/** Relative POSIX paths of all files, sorted. */
export async function filesBelow(root: string, below = ''): Promise<string[]> {
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

/** What the files below a folder of `root` are now. */
export async function templateSums(root: string, below = ''): Promise<TemplateSums> {
  const paths = await filesBelow(root, below);
  const entries = await Promise.all(
    paths.map(async (path): Promise<[string, string]> => {
      const content = await readFile(join(root, path));
      return [path, createHash('sha256').update(content).digest('hex')];
    }),
  );
  return Object.fromEntries(entries);
}

/** The sums that were written down; null when there are none that can be read. */
export async function readTemplateSums(file: string): Promise<TemplateSums | null> {
  try {
    const sums: unknown = JSON.parse(await readFile(file, 'utf8'));
    if (typeof sums !== 'object' || sums === null) return null;
    return Object.fromEntries(Object.entries(sums).map(([path, sum]) => [path, String(sum)]));
  } catch {
    return null;
  }
}
