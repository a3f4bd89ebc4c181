export interface LockEntry {
  readonly version?: string;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly dev?: boolean;
  readonly [field: string]: unknown;
}

export interface LockFile {
  readonly packages: Record<string, LockEntry>;
}

const SYSTEMS = ['android', 'darwin', 'freebsd', 'linux', 'openharmony', 'win32'];
const PROCESSORS = ['arm64', 'arm', 'x64', 'ia32', 'ppc64', 'riscv64', 's390x', 'wasm32'];

/** Path of the package that a package finds under a name, as Node looks for it; null when there is none. */
function find(lock: LockFile, from: string, name: string): string | null {
  for (let folder = from; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('node_modules/') - 1))) {
    const path = `${folder}${folder === '' ? '' : '/'}node_modules/${name}`;
    if (lock.packages[path]) return path;
    if (folder === '') return null;
  }
}

/** What a platform's package is for, by the name its makers give it: `@scope/binding-linux-arm64-musl`. */
function platformOf(name: string): Readonly<Record<string, readonly string[]>> | null {
  const words = name.split(/[/-]/);
  const os = SYSTEMS.filter((system) => words.includes(system));
  const cpu = PROCESSORS.filter((processor) => words.includes(processor));
  if (cpu.length !== 1 || (os.length !== 1 && cpu[0] !== 'wasm32')) return null;
  const libc = [...(words.includes('musl') ? ['musl'] : []), ...(words.includes('gnu') ? ['glibc'] : [])];
  return { ...(libc.length > 0 ? { libc } : {}), cpu, ...(os.length > 0 ? { os } : {}) };
}

/** Packages for one platform, each wanted in one exact version, that a lock file lacks; and what belongs there. */
export function findAbsentPlatforms(lock: LockFile): readonly { readonly path: string; readonly entry: LockEntry }[] {
  return Object.entries(lock.packages).flatMap(([owner, { dev, optionalDependencies = {} }]) =>
    Object.entries(optionalDependencies).flatMap(([name, version]) => {
      const platform = platformOf(name);
      const present = find(lock, owner, name);
      if (!platform || !/^\d/.test(version) || (present && lock.packages[present]?.version === version)) return [];
      const path = present === null ? `node_modules/${name}` : `${owner}/node_modules/${name}`;
      const entry = { version, ...platform, ...(dev ? { dev } : {}), optional: true };
      return [{ path, entry }];
    }),
  );
}
