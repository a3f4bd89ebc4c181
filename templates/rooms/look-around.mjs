// In a sandbox for what models write: chooses where rooms lie, and prints that and what was done there before.
import { chmodSync, existsSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));

/** Everybody may walk through all folders above. */
function isReachable(folder) {
  for (let path = folder; ; path = dirname(path)) {
    if ((statSync(path).mode & 0o001) === 0) return false;
    if (path === dirname(path)) return true;
  }
}

/** Programs of rooms run under numbers of their own where we are root: they must get there. */
const root = process.getuid() !== 0 || isReachable(dirname(here)) ? dirname(here) : '/var/lib/turbobackend-rooms';
for (const [name, mode] of Object.entries({ base: 0o755, rooms: 0o711, jobs: 0o700, blobs: 0o700 })) {
  mkdirSync(join(root, name), { recursive: true });
  chmodSync(join(root, name), mode);
}
const note = (file) => (existsSync(file) ? readFileSync(file, 'utf8').trim() : null);
console.log(
  JSON.stringify({
    root,
    packages: note(join(root, 'base', 'installed')),
    tools: note(join(here, 'installed')),
    isClosed: existsSync(join(here, 'closed')),
    hasServer: existsSync(join(here, 'state.json')),
  }),
);
