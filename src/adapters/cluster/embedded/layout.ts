import { createHash } from 'node:crypto';
import { chmodSync, existsSync, lstatSync, mkdirSync, readFileSync, realpathSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, isAbsolute, join, relative, resolve } from 'node:path';
import { TurboError } from '../../../domain/errors.ts';
import { errorCode } from '../shared/connect.ts';
import { asFileError, unwritable, writeDurably } from './files.ts';
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

/**
 * What is remembered between commands. `port` is null until the first start succeeded; `systemIdentifier` is that of the
 * last cluster that ran, and null when none ever did.
 */
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
  const known = [...(remembered ? [remembered] : []), join(real, 'cluster')];
  const foreign = known.find((path) => ownership(path) === 'foreign');
  if (foreign !== undefined) throw foreignFolder(foreign);
  const folder = [...known, ...candidates(real)].find((path) => ownership(path) === 'ours');
  return folder === undefined ? null : layoutIn(real, realpathSync(folder));
}

/** Finds or makes `home` and the cluster's folder. Throws `workspace.unwritable`, `workspace.full` or `cluster.data_folder`. */
export function prepareLayout(home: string): Layout {
  try {
    mkdirSync(home, { recursive: true, mode: 0o700 });
  } catch (error) {
    // On a read-only disk node says that the folder does not exist.
    throw errorCode(error) === 'ENOENT' ? unwritable(home, error) : asFileError(error, home);
  }
  const real = realpathSync(home);
  const user = serverUser();
  const known = findLayout(home)?.folder;
  let failure: unknown;
  for (const folder of known === undefined ? candidates(real) : [known]) {
    if (SHELL_ACTIVE.test(folder)) {
      failure ??= shellActive(folder);
      continue;
    }
    try {
      makeFolder(folder, user);
      if (user === null || canReach(folder, user)) return layoutIn(real, realpathSync(folder));
      failure ??= outOfReach(folder, user);
    } catch (error) {
      failure ??= asFileError(error, folder);
    }
  }
  throw failure;
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

/** Makes a folder and the one above, unless they are there; others may be doing the same at this moment. */
function makeFolder(folder: string, user: ServerUser | null): void {
  const parent = dirname(folder);
  if (!existsSync(parent)) mkdirSync(parent, { recursive: true, mode: 0o755 });
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
    if (ownership(folder) !== 'ours') throw foreignFolder(folder);
  }
  if (user !== null) chmodSync(folder, 0o711);
}

/** initdb and pg_ctl start their siblings through a shell, in double quotes, by the path they lie in. */
const SHELL_ACTIVE = /["$`\\\n\r]/;

function shellActive(folder: string): TurboError {
  return new TurboError(
    'cluster.data_folder',
    `PostgreSQL's programs cannot be started from ${JSON.stringify(folder)}: its path holds ", $, \`, \\ or a line break.`,
    { hint: 'Set TURBOBACKEND_HOME to a folder with a plain path.' },
  );
}

function outOfReach(folder: string, user: ServerUser): TurboError {
  return new TurboError('cluster.data_folder', `The account of the server (uid ${user.uid}) cannot reach ${folder}.`, {
    hint: 'Let others pass through the folders above it (chmod o+x), or set TURBOBACKEND_HOME to another folder.',
  });
}

/** In a shared place somebody else may have made a folder, or something else, of this name. */
function ownership(folder: string): 'ours' | 'foreign' | 'absent' {
  try {
    const stat = lstatSync(folder);
    const me = process.getuid?.();
    return stat.isDirectory() && (me === undefined || stat.uid === me) ? 'ours' : 'foreign';
  } catch (error) {
    if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ENOTDIR') return 'absent';
    throw asFileError(error, folder);
  }
}

function foreignFolder(folder: string): TurboError {
  return new TurboError('cluster.data_folder', `${folder} belongs to another user of this machine, or is no folder.`, {
    hint: 'Run the command as its owner, or set TURBOBACKEND_HOME to a folder of your own.',
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
