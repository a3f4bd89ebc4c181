import { existsSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { TurboError } from '../../../domain/errors.ts';
import type { ClusterInfo } from '../../../ports/cluster.ts';
import { type Attachment, attach } from './attach.ts';
import { type Layout, readPassword } from './layout.ts';
import { endOrphans, findPostmaster, type Postmaster, pidFilePath, stopPostmaster } from './postmaster.ts';

/** Replaying the log after a crash takes its time; the server tells that it is at it. */
const READY_MS = 300_000;
/** Attaches to a server that runs although we did not know; ends one that cannot be used, or its rest. Null when none is left. */
export async function takeOver(layout: Layout, onNote: (message: string) => void): Promise<ClusterInfo | null> {
  const postmaster = findPostmaster(layout.data);
  if (postmaster === null) {
    if (existsSync(pidFilePath(layout.data))) await endOrphans(layout.data);
    return null;
  }
  const password = readPassword(layout.home);
  if (password !== null && postmaster.status !== 'stopping') {
    const target = { port: postmaster.port, password, data: layout.data, systemIdentifier: null };
    const found = await waitUntilReady(target, onNote);
    if (found.kind === 'ours') return found.info;
    if (found.kind === 'denied') throw deniedByOwn(layout);
    if (found.kind === 'full') throw noSlotLeft(postmaster.port);
    // A healthy server with a passing trouble is not to be ended for it.
    if (found.kind === 'odd') throw answersOddly(postmaster, found.cause);
  }
  await stopPostmaster(layout.data, postmaster);
  return null;
}

/** Whether this process can reach its own machine; in a sandbox without any network it cannot. */
function hasLoopback(): boolean {
  try {
    return Object.values(networkInterfaces()).some((all) => all?.some(({ internal }) => internal));
  } catch {
    // Where nobody may ask, waiting tells.
    return true;
  }
}

function cutOff(port: number): TurboError {
  return new TurboError(
    'cluster.unreachable',
    `PostgreSQL runs, but this process has no network, not even to 127.0.0.1:${port}.`,
    {
      hint: 'Run the command where the loopback interface is up (in a sandbox: ip link set lo up).',
    },
  );
}

/**
 * Waits until the server of a data folder is ready, has ended, or shows to be none of ours. `hasEnded` lets the one
 * who started it say so; without it the process is looked for.
 */
export async function waitUntilReady(
  target: { port: number; password: string; data: string; systemIdentifier: string | null },
  onNote: (message: string) => void,
  hasEnded?: () => boolean,
): Promise<Attachment> {
  const begun = performance.now();
  let told = false;
  while (performance.now() - begun < READY_MS) {
    const postmaster = findPostmaster(target.data);
    if (postmaster?.status === 'stopping') return { kind: 'down' };
    if (postmaster?.status === 'ready') {
      const attachment = await attach(target, { closeDoors: true });
      if (attachment.kind !== 'down' && attachment.kind !== 'starting') return attachment;
      if (attachment.kind === 'down' && !hasLoopback()) throw cutOff(postmaster.port);
    }
    if (hasEnded ? hasEnded() : postmaster === null) return { kind: 'down' };
    if (!told && performance.now() - begun > 5000) {
      told = true;
      onNote('PostgreSQL is repairing its data after a hard stop; this can take a while.');
    }
    await sleep(8);
  }
  throw new TurboError('cluster.start_failed', 'PostgreSQL has been starting for five minutes and is not ready.', {
    hint: 'It goes on working; run the same command again later, or look at its log (`turbobackend doctor` says where).',
  });
}

/** The running server of our own data folder does not take our password. */
export function deniedByOwn(layout: Layout): TurboError {
  return new TurboError('cluster.denied', `The cluster does not accept the password in ${layout.passwordFile}.`, {
    hint: `Put the right one back, or get a new one set: rm ${layout.passwordFile} && turbobackend db start`,
  });
}

/** All connections of our server are in use, the reserved ones too. */
export function noSlotLeft(port: number): TurboError {
  return new TurboError('cluster.unreachable', `All connections of the cluster on port ${port} are taken.`, {
    hint: 'End a program that holds many, or stop the cluster: turbobackend db stop',
  });
}

function answersOddly(postmaster: Postmaster, cause: unknown): TurboError {
  const name = `process ${postmaster.pid}, port ${postmaster.port}`;
  return new TurboError('cluster.unreachable', `The cluster runs (${name}), but does not answer as it should.`, {
    hint: 'Restart it: turbobackend db stop && turbobackend db start',
    cause,
  });
}
