import { accessSync, constants, realpathSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { SandboxKind } from '../../../ports/sandbox.ts';

/** What shuts programs in on this machine. */
export type LocalKind = Exclude<SandboxKind, 'machine'>;

/** What a program gets of this machine. */
export interface Enclosure {
  /** Folder it works in, writable; it sees it as `/project`. */
  readonly work: string;
  /** Empty folder that becomes its root. */
  readonly root: string;
  /** Folder with the socket of the database; null: none. */
  readonly sockets: string | null;
  /** Folders it may read, at the same place. */
  readonly readable: readonly string[];
  /** templates/sandbox/enter.sh */
  readonly script: string;
}

/** Memory a process writes to, and one file; bytes. Not its addresses, of which Node reserves far more than it uses. */
const DATA_SIZE = 2 * 1024 ** 3;
const FILE_SIZE = 128 * 1024 ** 2;

/** Processes and threads at once, seconds of processor time, no core dumps with what was in memory. */
const LIMITS = ['prlimit', `--data=${DATA_SIZE}`, `--fsize=${FILE_SIZE}`, '--nproc=400', '--cpu=240', '--core=0', '--'];

/** Where system programs lie, whatever PATH says. */
const SYSTEM_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

function findProgram(name: string, path: string | undefined): string | null {
  for (const folder of `${path ?? ''}${delimiter}${SYSTEM_PATH}`.split(delimiter)) {
    if (!folder.startsWith('/')) continue;
    try {
      accessSync(join(folder, name), constants.X_OK);
      return join(folder, name);
    } catch {
      // The next one.
    }
  }
  return null;
}

const isRoot = () => process.getuid?.() === 0;

/** Nobody's rights, whoever started us. In a namespace of users there is nobody else to become. */
const GIVE_UP = ['--no-new-privs', '--bounding-set=-all', '--inh-caps=-all', '--ambient-caps=-all'];
const NOBODY = ['--reuid=65534', '--regid=65534', '--clear-groups'];

/** The whole command line that runs a program shut in. `program` is what is seen inside. */
export function commandOf(kind: LocalKind, enclosure: Enclosure, program: readonly string[], path?: string): string[] {
  switch (kind) {
    case 'bubblewrap':
      return bubblewrap(enclosure, program, path);
    case 'namespaces':
      return namespaces(enclosure, program);
    case 'none':
      return [process.execPath, ...program.slice(1)];
  }
}

function namespaces({ work, root, sockets, readable, script }: Enclosure, program: readonly string[]): string[] {
  const users = isRoot() ? [] : ['--user', '--map-root-user'];
  const spaces = ['--mount', '--pid', '--fork', '--kill-child', '--net', '--ipc', '--uts', '--cgroup'];
  const rights = ['setpriv', ...(isRoot() ? NOBODY : []), ...GIVE_UP, '--'];
  const shown = [work, sockets ?? '-', realpathSync(process.execPath), ...readable, '--'];
  return ['unshare', ...users, ...spaces, '--', 'sh', script, root, ...shown, ...rights, ...LIMITS, ...program];
}

function bubblewrap({ work, sockets, readable }: Enclosure, program: readonly string[], path?: string): string[] {
  const system = ['bin', 'sbin', 'lib', 'lib32', 'lib64', 'usr'].flatMap((name) => [
    '--ro-bind-try',
    `/${name}`,
    `/${name}`,
  ]);
  const packages = readable.flatMap((folder) => ['--ro-bind', folder, folder]);
  return [
    findProgram('bwrap', path) ?? 'bwrap',
    ...['--unshare-all', '--new-session', '--die-with-parent', '--cap-drop', 'ALL'],
    ...['--uid', '65534', '--gid', '65534'],
    ...system,
    // Before the packages: they may lie below it.
    ...['--tmpfs', '/tmp'],
    ...packages,
    ...['--ro-bind', realpathSync(process.execPath), '/node'],
    ...(sockets === null ? [] : ['--ro-bind', sockets, '/run/postgresql']),
    ...['--proc', '/proc', '--dev', '/dev', '--dir', '/etc'],
    ...['--bind', work, '/project', '--chdir', '/project', '--remount-ro', '/'],
    ...['--', ...LIMITS, ...program],
  ];
}
