import { spawn } from 'node:child_process';
import { closeSync, constants, existsSync, lstatSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { TurboError } from '../../../domain/errors.ts';
import type { ClusterInfo } from '../../../ports/cluster.ts';

import { asFileError, fullDisk, writeDurably } from './files.ts';
import { freeBytes, makeFolderFor, readSystemIdentifier } from './instance.ts';
import type { Layout } from './layout.ts';
import { findPort, isPortFree } from './port.ts';
import { findPostmaster, isPidFileMisleading, pidFilePath, stopPostmaster } from './postmaster.ts';
import { PROGRAM_ENV } from './run-program.ts';
import type { ServerUser } from './server-user.ts';
import { PG_HBA, postgresqlConf } from './settings.ts';
import { deniedByOwn, takeOver, waitUntilReady } from './take-over.ts';

/** Pauses before further attempts: back-ends of a killed server hold its memory for some moments. */
const RETRY_MS = [200, 500, 1000, 2000, 4000];
const KEPT_LOGS = 10;

export interface StartOrder {
  readonly layout: Layout;
  readonly bin: string;
  readonly user: ServerUser | null;
  readonly password: string;
  readonly port: number | null;
  readonly onNote: (message: string) => void;
}

/**
 * Starts a server that outlives us and waits until it answers. Only to be called under the cluster's lock, with no
 * server running. Another port than the wished one is taken, and said, when that one is in use.
 */
export async function startServer(order: StartOrder): Promise<ClusterInfo> {
  const { layout, user } = order;
  if (!existsSync(layout.log)) makeFolderFor(layout.log, user);
  removeOldLogs(layout.log);
  let port = order.port;
  let wasKilled = false;
  for (const [attempt, pauseMs] of [...RETRY_MS, null].entries()) {
    // A server that ends by itself takes its pid file along.
    wasKilled ||= existsSync(pidFilePath(layout.data));
    // A killed command may have launched one that shows only now.
    const running = await takeOver(layout, order.onNote);
    if (running !== null) return running;
    if (isPidFileMisleading(layout.data)) rmSync(pidFilePath(layout.data), { force: true });
    const free = await findPort(port);
    if (port !== null && free !== port) {
      order.onNote(`Port ${port} is used by another program; the database cluster is on port ${free} now.`);
    }
    port = free;
    const info = await tryStart(order, port);
    if (info !== null) return info;
    // What passes by itself is worth more than a second attempt: a killed server's last back-ends, a port just taken.
    const mayPass = attempt === 0 || wasKilled || existsSync(pidFilePath(layout.data)) || !(await isPortFree(port));
    if (pauseMs === null || !mayPass) break;
    await sleep(pauseMs);
  }
  if (freeBytes(layout.folder) < 32 * 1024 * 1024) throw fullDisk(layout.folder);
  throw new TurboError('cluster.start_failed', `PostgreSQL does not start: ${lastWords(layout)}`, {
    hint: `Its log is in ${layout.log} and ${layout.startLog}; \`turbobackend doctor\` looks at the usual causes.`,
  });
}

/** One attempt; null when the server ended before it was ready. */
async function tryStart(order: StartOrder, port: number): Promise<ClusterInfo | null> {
  const { layout } = order;
  const exited = launch(order, port);
  const target = {
    port,
    password: order.password,
    data: layout.data,
    systemIdentifier: readSystemIdentifier(layout.data),
  };
  const attachment = await waitUntilReady(target, order.onNote, () => exited.done);
  if (attachment.kind === 'ours') return attachment.info;
  if (attachment.kind === 'denied') throw deniedByOwn(layout);
  if (attachment.kind === 'down') return null;
  // It runs in our data folder and yet does not answer as it should: no further attempt would end better.
  const postmaster = findPostmaster(layout.data);
  if (postmaster !== null) await stopPostmaster(layout.data, postmaster);
  throw new TurboError(
    'cluster.start_failed',
    `PostgreSQL started on port ${port}, but something else answers there.`,
    {
      hint: 'Run the same command again; `turbobackend doctor` looks at the usual causes.',
    },
  );
}

function launch({ layout, bin, user }: StartOrder, port: number): { readonly done: boolean } {
  const mode = user === null ? 0o600 : 0o644;
  const hbaFile = join(layout.instance, 'pg_hba.conf');
  const configFile = join(layout.instance, 'postgresql.conf');
  let output: number;
  try {
    writeDurably(hbaFile, PG_HBA, mode);
    writeDurably(configFile, postgresqlConf({ port, hbaFile, logFolder: layout.log }), mode);
    const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_APPEND;
    output = openSync(layout.startLog, flags, 0o600);
  } catch (error) {
    throw asFileError(error, layout.folder);
  }
  try {
    const state = { done: false };
    const child = spawn(join(bin, 'postgres'), ['-D', layout.data, '-c', `config_file=${configFile}`], {
      cwd: '/',
      detached: true,
      env: PROGRAM_ENV,
      stdio: ['ignore', output, output],
      ...user,
    });
    const end = () => {
      state.done = true;
    };
    child.once('error', end).once('exit', end);
    child.unref();
    return state;
  } finally {
    closeSync(output);
  }
}

function removeOldLogs(folder: string): void {
  for (const name of logFiles(folder).slice(0, -KEPT_LOGS)) rmSync(join(folder, name), { force: true });
}

function logFiles(folder: string): readonly string[] {
  const names = readdirSync(folder).filter((name) => /^postgres-\d{8}-\d{6}\.log$/.test(name));
  return names.sort();
}

/** Start of a line that ended the server; a session's has user and database before the level. */
const OWN_WORDS = /^.*?\[\d+\] (FATAL|PANIC): +/;

/** The last thing the server said, for a message: of this start if it said something. */
function lastWords(layout: Layout): string {
  const newest = logFiles(layout.log).at(-1);
  // The start log is this start's; the other one may be of an earlier server.
  const files = [layout.startLog, ...(newest ? [join(layout.log, newest)] : [])];
  // The log folder is the server account's: a link in it is none of the server's logs.
  for (const file of files.filter((path) => lstatSync(path).isFile())) {
    const line = readFileSync(file, 'utf8')
      .slice(-4000)
      .trim()
      .split('\n')
      .findLast((text) => OWN_WORDS.test(text));
    if (line !== undefined) return line.replace(OWN_WORDS, '');
  }
  return 'it ended without a word.';
}
