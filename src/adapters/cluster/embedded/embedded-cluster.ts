import { existsSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import type { Cluster, ClusterInfo } from '../../../ports/cluster.ts';
import { adminLogin, attach } from './attach.ts';
import { findNativePackage, installCopy, type NativePackage } from './binaries.ts';
import { withClusterLock } from './cluster-lock.ts';
import { checkInstance, ensurePassword, makeInstance, removeLeftovers } from './instance.ts';
import { findLayout, type Layout, layoutIn, prepareLayout, readPassword, readState, writeState } from './layout.ts';
import { findLeakedFolders, type LeakedFolder, removeLeakedFolders } from './leaked-folders.ts';
import { findPostmaster, stopPostmaster } from './postmaster.ts';
import { resetPassword } from './reset-password.ts';
import { serverUser } from './server-user.ts';
import { startServer } from './start-server.ts';
import { deniedByOwn, noSlotLeft, takeOver } from './take-over.ts';

export interface EmbeddedOptions {
  /** Absolute path of turbobackend's own folder; made when it does not exist (0700). */
  readonly home: string;
  /** Wished port; another one is taken when it is in use. Without a wish: the one it had, or any below 32768. */
  readonly port?: number;
  /** Hears what the user should know: another port, a long recovery. */
  readonly onNote?: (message: string) => void;
}

/** A PostgreSQL server of our own that lasts: made on first need, started when it is down, outliving every command. */
export function embeddedCluster(options: EmbeddedOptions): Cluster {
  const onNote = options.onNote ?? (() => {});
  let attached: { info: ClusterInfo; password: string } | null = null;
  let pending: Promise<ClusterInfo> | null = null;

  async function ensure(): Promise<ClusterInfo> {
    const running = await look(options.home);
    attached = running ?? (await bringUp(options, onNote));
    return attached.info;
  }

  return {
    kind: 'embedded',
    ensure() {
      pending ??= ensure().finally(() => {
        pending = null;
      });
      return pending;
    },
    async inspect() {
      const running = (await look(options.home)) ?? (await search(options.home));
      attached = running ?? attached;
      return running?.info ?? null;
    },
    stop: () => stop(options.home, onNote),
    condition: () => conditionOf(options.home),
    async leaks() {
      const running = (await look(options.home)) ?? (await search(options.home));
      return running === null ? [] : leaksOf(running);
    },
    async removeLeaks() {
      const done = await removeLeaks(options, onNote);
      attached = done?.running ?? attached;
      return done?.freed ?? 0;
    },
    adminLogin(database) {
      if (attached === null) throw new Error('adminLogin before ensure');
      return adminLogin(attached.info.port, attached.password, database);
    },
  };
}

interface Running {
  readonly info: ClusterInfo;
  readonly password: string;
}

/** The hot path: two small files, one connection, one query. Null when that does not lead to our running server. */
async function look(home: string): Promise<Running | null> {
  const state = readState(home);
  const password = readPassword(home);
  if (state === null || state.port === null || password === null) return null;
  const { data } = layoutIn(home, state.folder);
  const found = await attach({ port: state.port, password, data, systemIdentifier: state.systemIdentifier });
  if (found.kind === 'full' && findPostmaster(data)?.port === state.port) throw noSlotLeft(state.port);
  return found.kind === 'ours' ? { info: found.info, password } : null;
}

/** Looks at files only. */
function conditionOf(home: string): 'never-made' | 'made' | 'gone' {
  const layout = findLayout(home);
  if (layout !== null && existsSync(layout.instance)) return 'made';
  return existsSync(home) && readState(home)?.systemIdentifier ? 'gone' : 'never-made';
}

/** The server of a cluster whose state was lost, or that somebody else started; starts nothing. */
async function search(home: string): Promise<Running | null> {
  const layout = findLayout(home);
  const password = layout === null ? null : readPassword(layout.home);
  const postmaster = layout === null ? null : findPostmaster(layout.data);
  if (layout === null || password === null || postmaster?.status !== 'ready') return null;
  const found = await attach({ port: postmaster.port, password, data: layout.data, systemIdentifier: null });
  if (found.kind === 'denied') throw deniedByOwn(layout);
  if (found.kind === 'full') throw noSlotLeft(postmaster.port);
  return found.kind === 'ours' ? { info: found.info, password } : null;
}

async function bringUp(options: EmbeddedOptions, onNote: (message: string) => void): Promise<Running> {
  const native = findNativePackage();
  const layout = prepareLayout(options.home);
  return await withClusterLock(layout, onNote, () => bringUpLocked(options, layout, native, onNote));
}

/** Only to be called under the cluster's lock. */
async function bringUpLocked(
  options: EmbeddedOptions,
  layout: Layout,
  native: NativePackage,
  onNote: (message: string) => void,
): Promise<Running> {
  const other = await look(layout.home);
  if (other !== null) return other;
  const user = serverUser();
  const before = readState(layout.home);
  removeLeftovers(layout);
  if (before === null && readPassword(layout.home) === null) await setAside(layout, onNote);
  // Without a port nobody attaches to a new cluster before its doors are closed.
  const known = existsSync(layout.instance) ? (before?.port ?? null) : null;
  // Who was here stays known until a server runs: an attempt that fails must not hide that a cluster is gone.
  const lost = before?.systemIdentifier ?? null;
  writeState(layout.home, { folder: layout.folder, port: known, systemIdentifier: lost });
  const bin = join(installCopy(layout.folder, native), 'bin');
  if (!existsSync(layout.instance)) await makeInstance(layout, bin, native, user);
  checkInstance(layout, native, user);
  const info =
    (await takeOver(layout, onNote)) ??
    (await startServer({
      layout,
      bin,
      user,
      password: readPassword(layout.home) ?? (await resetPassword(layout, bin, user)),
      port: options.port ?? before?.port ?? null,
      onNote,
    }));
  writeState(layout.home, { folder: layout.folder, port: info.port, systemIdentifier: info.systemIdentifier });
  const running = { info, password: ensurePassword(layout) };
  if (before === null || lost === null || lost === info.systemIdentifier) return running;
  onNote(lostCluster(before.folder));
  return { ...running, info: { ...info, replaces: before.folder } };
}

function lostCluster(folder: string): string {
  return `The database cluster that was in ${folder} is gone, with every database and the list of projects; this one is new and empty. If there is a copy of that folder, put it back: turbobackend db stop first. Backups that turbobackend backup create made are in their bucket, each below the id of its project.`;
}

/** Gives the bytes that were freed and the server that runs then; null for a cluster that was never made. */
async function removeLeaks(
  options: EmbeddedOptions,
  onNote: (message: string) => void,
): Promise<{ readonly freed: number; readonly running: Running } | null> {
  const layout = findLayout(options.home);
  if (layout === null || !existsSync(layout.instance)) return null;
  const native = findNativePackage();
  return await withClusterLock(layout, onNote, async () => {
    const running = await bringUpLocked(options, layout, native, onNote);
    const leaked = await leaksOf(running);
    if (leaked.length === 0) return { freed: 0, running };
    const postmaster = findPostmaster(layout.data);
    if (postmaster !== null) await stopPostmaster(layout.data, postmaster);
    const [removal] = await Promise.allSettled([removeLeakedFolders(layout.data, leaked)]);
    // Whether or not they could be removed, the server comes back.
    const again = await bringUpLocked(options, layout, native, onNote);
    if (removal.status === 'rejected') throw removal.reason;
    return { freed: removal.value, running: again };
  });
}

function leaksOf({ info, password }: Running): Promise<readonly LeakedFolder[]> {
  if (info.dataDirectory === null) return Promise.resolve([]);
  return findLeakedFolders({ data: info.dataDirectory, login: adminLogin(info.port, password, 'postgres') });
}

/**
 * Root's cluster lies outside of its home. When that home was emptied, key and passwords are gone: the cluster is kept,
 * as a folder, and a new one takes its place.
 */
async function setAside(layout: Layout, onNote: (message: string) => void): Promise<void> {
  if (layout.folder.startsWith(`${layout.home}/`) || !existsSync(layout.instance)) return;
  const postmaster = findPostmaster(layout.data);
  if (postmaster !== null) await stopPostmaster(layout.data, postmaster);
  const place = `${layout.instance}.abandoned-${Date.now()}`;
  renameSync(layout.instance, place);
  onNote(`${layout.home} was emptied; the database cluster it had is kept in ${place}.`);
}

async function stop(home: string, onNote: (message: string) => void): Promise<boolean> {
  const layout = findLayout(home);
  if (layout === null) return false;
  return await withClusterLock(layout, onNote, async () => {
    const postmaster = findPostmaster(layout.data);
    if (postmaster === null) return false;
    await stopPostmaster(layout.data, postmaster);
    return true;
  });
}
