import { randomInt } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import getPort from 'get-port';
import { TurboError } from '../../../domain/errors.ts';
import { acquireLock } from '../../shared/process/lock-file.ts';
import { findPortOwner } from './port-owner.ts';

/** Below 32768, where Linux begins to hand out ports for outgoing connections. */
const FIRST_PORT = 20_000;
const LAST_PORT = 32_767;
const LOCK_WAIT_MS = 10_000;

/** Which project has which port: `<home>/ports/<port>` holds the project's id, also while the project is stopped. */
export interface PortBook {
  readonly folder: string;
  readonly lock: string;
  /** Is this project running, or just being started? Then its port is not given away. */
  readonly isBusy: (projectId: string) => boolean;
}

export interface PortWish {
  readonly projectId: string;
  /** Somebody insists on it. */
  readonly wanted: number | undefined;
  /** The one used last time; taken when it is still free. */
  readonly last: number | undefined;
  /** The port this project's own server listens on right now. */
  readonly own: number | null;
}

/**
 * Reserves a port; two that ask at once never get the same. Throws `deploy.port_taken` when the wanted one is in use,
 * `run.locked` when the book of ports cannot be had.
 */
export async function reservePort(book: PortBook, wish: PortWish): Promise<number> {
  const release = await acquireLock(book.lock, { waitMs: LOCK_WAIT_MS });
  if (!release) throw new TurboError('run.locked', 'Another turbobackend keeps the list of ports locked.');
  try {
    mkdirSync(book.folder, { recursive: true, mode: 0o700 });
    const port = wish.wanted === undefined ? await choose(book, wish) : await insist(book, wish, wish.wanted);
    for (const other of portsOf(book, wish.projectId)) rmSync(join(book.folder, String(other)), { force: true });
    writeFileSync(join(book.folder, String(port)), wish.projectId, { mode: 0o600 });
    return port;
  } finally {
    release();
  }
}

/** Gives a project's ports back. */
export async function releasePorts(book: PortBook, projectId: string): Promise<void> {
  if (portsOf(book, projectId).length === 0) return;
  const release = await acquireLock(book.lock, { waitMs: LOCK_WAIT_MS });
  try {
    for (const port of portsOf(book, projectId)) rmSync(join(book.folder, String(port)), { force: true });
  } finally {
    release?.();
  }
}

async function insist(book: PortBook, wish: PortWish, port: number): Promise<number> {
  if (!Number.isInteger(port) || port < 1 || port > 65_535) {
    throw new TurboError('usage.invalid', `${port} is not a port: 1 to 65535 are.`);
  }
  if (port === wish.own) return port;
  const holder = holderOf(book, port);
  if (holder !== null && holder !== wish.projectId && book.isBusy(holder)) {
    throw taken(port, `by the project ${holder}`, { projectId: holder });
  }
  if (await isFree(port)) return port;
  const owner = findPortOwner(port);
  throw owner
    ? taken(port, `by ${owner.name} (process ${owner.pid})`, { pid: owner.pid })
    : taken(port, 'by another program, or needs rights you do not have', {});
}

function taken(port: number, by: string, details: Record<string, unknown>): TurboError {
  const hint = 'Give another one with --port, or none to have a free one chosen.';
  return new TurboError('deploy.port_taken', `Port ${port} is taken ${by}.`, { hint, details: { port, ...details } });
}

async function choose(book: PortBook, wish: PortWish): Promise<number> {
  const { last, own } = wish;
  if (last !== undefined && last === own) return last;
  const holder = last === undefined ? null : holderOf(book, last);
  if (last !== undefined && (holder === null || holder === wish.projectId) && (await isFree(last))) return last;
  const port = await getPort({ port: spread(), exclude: reservedPorts(book) });
  if (port >= FIRST_PORT && port <= LAST_PORT) return port;
  throw new TurboError('deploy.port_taken', `No port from ${FIRST_PORT} to ${LAST_PORT} is free.`, {
    hint: 'Stop something, or give a port with --port.',
  });
}

/** All ports of the range from a random one on: several homes and users on one machine rarely try the same. */
function* spread(): Generator<number> {
  const count = LAST_PORT - FIRST_PORT + 1;
  const first = randomInt(count);
  for (let index = 0; index < count; index += 1) yield FIRST_PORT + ((first + index) % count);
}

/** Can a server listen there, on the loopback and on all addresses? */
export async function isFree(port: number): Promise<boolean> {
  for (const host of ['127.0.0.1', '0.0.0.0']) {
    const bound = await new Promise<boolean>((resolve) => {
      const server = createServer().once('error', () => resolve(false));
      server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)));
    });
    if (!bound) return false;
  }
  return true;
}

function reservedPorts(book: PortBook): number[] {
  return readdirSync(book.folder)
    .filter((name) => /^\d{1,5}$/.test(name))
    .map(Number);
}

function portsOf(book: PortBook, projectId: string): number[] {
  try {
    return reservedPorts(book).filter((port) => holderOf(book, port) === projectId);
  } catch {
    // No project ever had a port.
    return [];
  }
}

function holderOf(book: PortBook, port: number): string | null {
  try {
    return readFileSync(join(book.folder, String(port)), 'utf8').trim() || null;
  } catch {
    return null;
  }
}
