import { randomBytes } from 'node:crypto';
import { chmod, chown, lstat, mkdir, readdir, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Login, loginUrl } from '../../../domain/database.ts';
import { TurboError } from '../../../domain/errors.ts';
import type { Sandbox, SandboxRoom } from '../../../ports/sandbox.ts';
import type { FileTree } from '../../../ports/workspace.ts';
import { type Forwarder, forwardDatabase } from './forward-database.ts';
import { runShutIn } from './run-shut-in.ts';
import { commandOf, type Enclosure, type LocalKind } from './shut-in.ts';

export interface LocalSandboxOptions {
  /** turbobackend's data folder; rooms lie in `<home>/trials`, where what a killed process left is swept. */
  readonly home: string;
  /** templates/sandbox/enter.sh */
  readonly script: string;
  /** Somebody consented to running programs without anything around them. */
  readonly isOff: boolean;
  /** Where programs are looked for. */
  readonly path?: string | undefined;
}

const NOBODY = 65_534;
const PROBE_MS = 15_000;

/** Shuts programs in with what Linux brings along. */
export function localSandbox(options: LocalSandboxOptions): Sandbox {
  let found: Promise<LocalKind | null> | null = null;
  const kind = () => {
    found ??= options.isOff ? Promise.resolve('none' as const) : findKind(options);
    return found;
  };
  return {
    kind,
    async open({ files, database, prepare }) {
      const way = await kind();
      if (way === null) {
        throw new TurboError('sandbox.missing', 'Nothing on this machine shuts programs in.', {
          hint: 'Install bubblewrap (apt-get install bubblewrap), or consent: --sandbox none',
        });
      }
      return openRoom(way, files, { ...options, database, prepare });
    },
  };
}

/**
 * Root inside bubblewrap is root for the kernel, without capabilities, and the files of `/proc/sys` ask for no more than
 * the uid: it wrote to `kernel.core_pattern` of the host when that was tried. Namespaces let root become nobody.
 */
const waysOf = (isRoot: boolean): readonly LocalKind[] => (isRoot ? ['namespaces'] : ['bubblewrap', 'namespaces']);

async function findKind(options: LocalSandboxOptions): Promise<LocalKind | null> {
  if (process.platform !== 'linux') return null;
  for (const way of waysOf(process.getuid?.() === 0)) {
    const room = await openRoom(way, {}, { ...options, database: null, prepare: async () => {} });
    try {
      const { code, output } = await room.run({ args: ['-e', 'process.stdout.write("in")'], deadlineMs: PROBE_MS });
      if (code === 0 && output.endsWith('in')) return way;
    } finally {
      await room.close();
    }
  }
  return null;
}

interface RoomOptions extends LocalSandboxOptions {
  readonly database: Login | null;
  readonly prepare: (directory: string) => Promise<void>;
}

async function openRoom(kind: LocalKind, files: FileTree, options: RoomOptions): Promise<SandboxRoom> {
  const folder = join(options.home, 'trials', `${process.pid}-${randomBytes(6).toString('hex')}`);
  const [work, root] = [join(folder, 'project'), join(folder, 'root')];
  let forwarder: Forwarder | null = null;
  const close = async () => {
    await forwarder?.close();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await Promise.all([work, root].map((path) => mkdir(path)));
    await writeFiles(work, files);
    await options.prepare(work);
    const readable = await packageFolders(join(work, 'node_modules'));
    if (options.database) forwarder = await forwardDatabase(options.database);
    if (kind === 'namespaces' && process.getuid?.() === 0) await handOver(work);
    const enclosure: Enclosure = { work, root, sockets: forwarder?.folder ?? null, readable, script: options.script };
    return {
      databaseUrl: options.database && insideUrl(options.database),
      run: ({ args, ...order }) => {
        const command = commandOf(kind, enclosure, ['/node', ...args], options.path);
        const environment = kind === 'none' ? outside(order.environment, forwarder) : order.environment;
        return runShutIn({ ...order, command, directory: work, environment: environment ?? {} });
      },
      read: (path) => readPlainFile(work, path),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The same database, through the socket. */
function insideUrl(login: Login): string {
  return `${loginUrl({ ...login, host: 'localhost', port: 5432 })}?host=/run/postgresql`;
}

/** Nothing is mounted then: the socket lies where it lies. */
function outside(
  environment: Readonly<Record<string, string>> | undefined,
  forwarder: Forwarder | null,
): Readonly<Record<string, string>> {
  const entries = Object.entries(environment ?? {});
  return Object.fromEntries(
    entries.map(([name, value]) => [name, value.replaceAll('/run/postgresql', forwarder?.folder ?? '')]),
  );
}

async function writeFiles(folder: string, files: FileTree): Promise<void> {
  const folders = new Set(Object.keys(files).map((path) => dirname(join(folder, path))));
  for (const each of folders) await mkdir(each, { recursive: true });
  await Promise.all(Object.entries(files).map(([path, text]) => writeFile(join(folder, path), text, { flag: 'wx' })));
}

/** The folders that the links of a project's packages lead to: whole, since packages find each other there. */
async function packageFolders(modules: string): Promise<readonly string[]> {
  const names = await readdir(modules).catch(() => []);
  const scopes = names.filter((name) => name.startsWith('@'));
  const scoped = await Promise.all(
    scopes.map(async (scope) => (await readdir(join(modules, scope))).map((name) => `${scope}/${name}`)),
  );
  const all = [...names.filter((name) => !/^[.@]/.test(name)), ...scoped.flat()];
  const targets = await Promise.all(all.map((name) => realpath(join(modules, name))));
  const folders = targets.map((target) => /^(.*\/node_modules)\//.exec(target)?.[1] ?? target);
  return [...new Set(folders)].filter((each) => !each.startsWith(modules));
}

/** Inside, the program is nobody. */
async function handOver(folder: string): Promise<void> {
  await chown(folder, NOBODY, NOBODY);
  await chmod(folder, 0o755);
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    const path = join(entry.parentPath, entry.name);
    if (!entry.isSymbolicLink()) await chown(path, NOBODY, NOBODY);
  }
}

/** Whatever ran there may have put a link in the place of a file, or of a folder on the way. */
async function readPlainFile(folder: string, path: string): Promise<string | null> {
  const parts = path.split('/');
  for (const [index] of parts.entries()) {
    const there = await lstat(join(folder, ...parts.slice(0, index + 1))).catch(() => null);
    if (!there || there.isSymbolicLink()) return null;
    if (index === parts.length - 1 && !there.isFile()) return null;
  }
  return readFile(join(folder, path), 'utf8').catch(() => null);
}
