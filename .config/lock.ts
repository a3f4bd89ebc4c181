import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';

/**
 * `npm run lock`: brings package-lock.json up to date and completes it. npm leaves packages for other platforms out
 * when the registry in use does not carry them, and then refuses the very file it wrote (`npm ci`: "Missing … from lock
 * file"). An entry needs no more than version and platform: such a package is only fetched where it fits.
 */

interface Entry {
  version: string;
  os?: readonly string[];
  cpu?: readonly string[];
  libc?: readonly string[];
  dev?: true;
  optional?: true;
  optionalDependencies?: Readonly<Record<string, string>>;
}

const OS = ['aix', 'android', 'darwin', 'freebsd', 'linux', 'openharmony', 'win32'];
const CPU = ['arm64', 'arm', 'ia32', 'ppc64', 'riscv64', 's390x', 'wasm32', 'x64'];

function platformOf(name: string): Pick<Entry, 'os' | 'cpu' | 'libc'> {
  const parts = name.split(/[-/]/);
  const os = OS.filter((known) => parts.includes(known));
  const cpu = CPU.filter((known) => parts.includes(known));
  const libc = parts.some((part) => part.startsWith('musl'))
    ? ['musl']
    : parts.some((part) => part.startsWith('gnu'))
      ? ['glibc']
      : [];
  return {
    ...(cpu.length > 0 ? { cpu } : {}),
    ...(os.length > 0 ? { os } : {}),
    ...(libc.length > 0 && os.includes('linux') ? { libc } : {}),
  };
}

/** The entry Node would find for `name` from the package at `place`: its own node_modules first, then each one above. */
function resolveFrom(place: string, name: string): Entry | undefined {
  const above = place.lastIndexOf('/node_modules/');
  const own = lock.packages[`${place === '' ? '' : `${place}/`}node_modules/${name}`];
  if (own || place === '') return own;
  return resolveFrom(above < 0 ? '' : place.slice(0, above), name);
}

execFileSync('npm', ['install', '--package-lock-only', '--ignore-scripts'], { stdio: 'inherit' });
const lock = JSON.parse(readFileSync('package-lock.json', 'utf8')) as { packages: Record<string, Entry> };
let added = 0;
for (const [place, entry] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    const found = resolveFrom(place, name);
    if (found && (found.version === version || !/^\d/.test(version))) continue;
    // Beside its user when another version has the place at the top, as npm would have put it.
    const path = lock.packages[`node_modules/${name}`] ? `${place}/node_modules/${name}` : `node_modules/${name}`;
    lock.packages[path] = { version, ...platformOf(name), ...(entry.dev ? { dev: true } : {}), optional: true };
    added += 1;
  }
}
const sorted = Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
lock.packages = Object.fromEntries(sorted);
writeFileSync('package-lock.json', `${JSON.stringify(lock, null, 2)}\n`);
process.stdout.write(`package-lock.json: ${added} packages of other platforms added\n`);
