import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { findAbsentPlatforms, type LockFile } from './platform-packages.ts';

/**
 * `npm run lock`, after any change of dependencies: brings package-lock.json up to date (package.json says how) and
 * then names in it the packages of other platforms that the registry at hand did not have. `npm ci` refuses a lock
 * file that misses one, although none of them would be installed here.
 */
const file = fileURLToPath(new URL('../package-lock.json', import.meta.url));
const lock: LockFile = JSON.parse(readFileSync(file, 'utf8'));
const absent = findAbsentPlatforms(lock);
for (const { path, entry } of absent) lock.packages[path] = entry;
// In the order npm writes, so that the next run of npm changes nothing.
const sorted = Object.entries(lock.packages).sort(([a], [b]) => a.localeCompare(b, 'en'));
writeFileSync(file, `${JSON.stringify({ ...lock, packages: Object.fromEntries(sorted) }, null, 2)}\n`);
process.stdout.write(`${absent.length} packages of other platforms added to package-lock.json\n`);
