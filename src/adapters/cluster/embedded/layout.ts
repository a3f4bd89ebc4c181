import { createHash } from 'node:crypto';
import { chmodSync, existsSync, lstatSync, mkdirSync, readFileSync, realpathSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, isAbsolute, join, relative, resolve } from 'node:path';
import { TurboError } from '../../../domain/errors.ts';
import { errorCode } from '../shared/connect.ts';
import { asFileError, writeDurably } from './files.ts';
import { canReach, type ServerUser, serverUser } from './server-user.ts';

/** Where everything of one embedded cluster lies. All paths are absolute. */
export interface Layout {
  readonly home: string;
  /** Remembers folder, port and identity; in `home`, 0600. */
  readonly stateFile: string;
  /** The administrator's password; in `home`, 0600. */
  readonly passwordFile: string;
  /** Holds all the rest. When we are root it is root's, so that the server's account can plant nothing there. */
  readonly folder: string;
  /** Made as a whole and renamed into place: data, server settings, marker. */
  readonly instance: string;
  readonly data: string;
  readonly marker: string;
  readonly log: string;
  /** What the server says before its own log is open. */
  readonly startLog: string;
  readonly lock: string;
}

/** What is remembered between commands. `port` and `systemIdentifier` are null until the first start succeeded. */
export interface ClusterState {
  readonly folder: string;
  readonly port: number | null;
  readonly systemIdentifier: string | null;
}

/** Names the parts of a cluster whose folder is known. */
export function layoutIn(home: string, folder: string): Layout {
  const instance = join(folder, 'instance');
  return {
    home,
    stateFile: join(home, 'cluster.json'),
    passwordFile: join(home, 'cluster.password'),
    folder,
    instance,
    data: join(instance, 'data'),
    marker: join(instance, 'made.json'),
    log: join(folder, 'log'),
    startLog: join(folder, 'start.log'),
    lock: join(folder, 'lock'),
  };
}

/** The remembered state; null when there is none, or none that can be understood (it can be found again). */
export function readState(home: string): ClusterState | null {
  const text = readPrivate(join(home, 'cluster.json'));
  if (text === null) return null;
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || !('folder' in value)) return null;
    if (typeof value.folder !== 'string') return null;
    const port = 'port' in value && typeof value.port === 'number' ? value.port : null;
    const id =
      'systemIdentifier' in value && typeof value.systemIdentifier === 'string' ? value.systemIdentifier : null;
    return { folder: resolve(home, value.folder), port, systemIdentifier: id };
  } catch {
    return null;
  }
}

/** Remembers. A folder inside `home` is kept as a relative path, so that `home` can be moved. */
export function writeState(home: string, state: ClusterState): void {
  const inside = relative(home, state.folder);
  const folder = inside.startsWith('..') || isAbsolute(inside) ? state.folder : inside;
  writeDurably(join(home, 'cluster.json'), `${JSON.stringify({ version: 1, ...state, folder }, null, 2)}\n`, 0o600);
}

/** The administrator's password; null when none was made yet. */
export function readPassword(home: string): string | null {
  return readPrivate(join(home, 'cluster.password'))?.trim() || null;
}

/** Where a cluster of this home is or was, without making anything; null when there is none. */
export function findLayout(home: string): Layout | null {
  if (!existsSync(home)) return null;
  const real = realpathSync(home);
  const remembered = readState(real)?.folder;
  const folder = [...(remembered ? [remembered] : []), ...candidates(real)].find((path) => isOurs(path));
  return folder === undefined ? null : layoutIn(real, folder);
}

/** Finds or makes `home` and the cluster's folder. Throws `workspace.unwritable`, `workspace.full` or `cluster.data_folder`. */
export function prepareLayout(home: string): Layout {
  try {
    mkdirSync(home, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw asFileError(error, home);
  }
  const found = findLayout(home);
  if (found !== null) return found;
  const real = realpathSync(home);
  const user = serverUser();
  let failure: unknown;
  for (const folder of candidates(real)) {
    try {
      makeFolder(folder, user);
      if (user === null || canReach(folder, user)) return layoutIn(real, folder);
    } catch (error) {
      failure ??= error;
    }
  }
  throw asFileError(failure ?? new Error(`no folder for the cluster of ${home}`), real);
}

/** An ordinary user's cluster lies in its home; root's where the server's account can walk to. */
function candidates(home: string): readonly string[] {
  const user = serverUser();
  const inHome = join(home, 'cluster');
  if (user === null) return [inHome];
  const name = createHash('sha256').update(home).digest('hex').slice(0, 16);
  const elsewhere = [join('/var/lib/turbobackend', name), join(realpathSync(tmpdir()), `turbobackend-${name}`)];
  return canReach(home, user) ? [inHome, ...elsewhere] : elsewhere;
}

function makeFolder(folder: string, user: ServerUser | null): void {
  const parent = dirname(folder);
  if (!existsSync(parent)) mkdirSync(parent, { mode: 0o755 });
  mkdirSync(folder, { mode: 0o700 });
  if (user !== null) chmodSync(folder, 0o711);
}

/** A folder that somebody else made (in a shared place) is not ours to use. */
function isOurs(folder: string): boolean {
  try {
    const stat = lstatSync(folder);
    if (!stat.isDirectory()) return false;
    const me = process.getuid?.();
    if (me === undefined || stat.uid === me) return true;
  } catch (error) {
    if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ENOTDIR') return false;
    throw asFileError(error, folder);
  }
  throw new TurboError('cluster.data_folder', `The cluster in ${folder} belongs to another user of this machine.`, {
    hint: 'Run the command as that user, or set TURBOBACKEND_HOME to a folder of your own.',
  });
}

function readPrivate(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ENOTDIR') return null;
    throw asFileError(error, path);
  }
}
