import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const PATH = 'server/lib/password.ts';
const COST = 'const COST = { N: 2 ** 14, r: 8, p: 5 } as const;';

/**
 * A project's files with password hashes that cost next to nothing, for tests that sign many people in and are about
 * something else. `accounts.test.ts` sees to it that the real ones cost what they should.
 */
export function withCheapHashes(files: Readonly<Record<string, string>>): Record<string, string> {
  const text = files[PATH];
  if (text === undefined) return { ...files };
  if (!text.includes(COST)) throw new Error(`${PATH} says in other words what a hash costs`);
  return { ...files, [PATH]: text.replace(COST, 'const COST = { N: 16, r: 1, p: 1 } as const;') };
}

/** The same for a project that lies in a folder. */
export function cheapenHashes(directory: string): void {
  if (!existsSync(join(directory, PATH))) return;
  const files = withCheapHashes({ [PATH]: readFileSync(join(directory, PATH), 'utf8') });
  writeFileSync(join(directory, PATH), files[PATH] ?? '');
}
