import { isTurboError, TurboError } from '../../../domain/errors.ts';
import type { Fly } from './context.ts';
import { flyFailure, isHeld, isMachineThere } from './explain.ts';
import { type Machine, readMachine } from './machine.ts';
import { GROUP, WEB } from './machine-config.ts';
import type { Json } from './read-json.ts';
import { recordOf, textOf } from './read-json.ts';

const NONCE = 'fly-machine-lease-nonce';
/** Longer than a renewal is away, and short enough to wait for one that a killed run has left. */
const LEASE_SECONDS = 45;
const LEASE_PATIENCE_MS = 75_000;
const PAUSE_MS = 5_000;

/** All but those that were destroyed. */
export async function listMachines({ api }: Fly, app: string): Promise<readonly Machine[]> {
  const { json } = await api.call('GET', ['apps', app, 'machines']);
  const machines = (Array.isArray(json) ? json : []).map(readMachine);
  return machines.filter((machine): machine is Machine => machine !== null && !/^destroy/.test(machine.state));
}

/** Those that serve, in the order of their names. */
export async function webMachines(fly: Fly, app: string): Promise<readonly Machine[]> {
  const machines = (await listMachines(fly, app)).filter(({ labels }) => labels[GROUP] === WEB);
  return [...machines].sort((one, other) => one.name.localeCompare(other.name, 'en', { numeric: true }));
}

/** One machine with its checks and events; null when it is gone. */
export async function showMachine({ api }: Fly, app: string, id: string): Promise<Machine | null> {
  const { status, json } = await api.call('GET', ['apps', app, 'machines', id], { accept: [404] });
  return status === 404 ? null : usable(json, id);
}

/** Makes a machine, or finds the one that has its name. */
export async function createMachine(
  fly: Fly,
  app: string,
  order: { readonly name: string; readonly region: string; readonly config: Json; readonly secretsVersion: number },
): Promise<Machine> {
  const { name, region, config, secretsVersion } = order;
  const path = ['apps', app, 'machines'];
  const json = { name, region, config, ...(secretsVersion > 0 ? { min_secrets_version: secretsVersion } : {}) };
  const call = { json, again: true, accept: [409, 422], timeout: 'transfer' as const };
  const answer = await fly.api.call('POST', path, call);
  if (isMachineThere(answer)) {
    const found = (await listMachines(fly, app)).find((machine) => machine.name === name);
    if (found) return found;
  }
  if (answer.status >= 400) throw flyFailure(answer, fly.api.orderOf('POST', path, call));
  return usable(answer.json, name);
}

/** Takes a machine away whatever it is doing; gone is fine. */
export async function destroyMachine({ api }: Fly, app: string, id: string, nonce?: string): Promise<void> {
  await api.call('DELETE', ['apps', app, 'machines', id], {
    query: { force: true },
    again: true,
    accept: [404],
    ...(nonce === undefined ? {} : { headers: { [NONCE]: nonce } }),
  });
}

/** The same for one that somebody may be changing: a killed run leaves its lease behind, which is waited for. */
export async function destroyUnderLease(fly: Fly, app: string, id: string): Promise<void> {
  await withLease(fly, app, id, ({ nonce }) => destroyMachine(fly, app, id, nonce)).catch((error: unknown) => {
    const isGone = isTurboError(error, 'remote.failed') && error.details?.status === 404;
    if (!isGone) throw error;
  });
}

export async function stopMachine({ api }: Fly, app: string, id: string, nonce: string): Promise<void> {
  await api.call('POST', ['apps', app, 'machines', id, 'stop'], {
    json: {},
    again: true,
    accept: [404],
    headers: { [NONCE]: nonce },
  });
}

/** A machine that nobody else changes meanwhile. */
export interface Held {
  /** Before long work goes on, and again and again while it does. */
  renew(): Promise<void>;
  readonly headers: Readonly<Record<string, string>>;
  readonly nonce: string;
}

/**
 * Does something with a machine while holding its lease. One that somebody else has is waited for, as a killed run
 * leaves one behind; longer than it can last, it is somebody at work: `remote.conflict`.
 */
export async function withLease<T>(fly: Fly, app: string, id: string, work: (held: Held) => Promise<T>): Promise<T> {
  const nonce = await takeLease(fly, app, id);
  const headers = { [NONCE]: nonce };
  const path = ['apps', app, 'machines', id, 'lease'];
  try {
    return await work({
      nonce,
      headers,
      renew: async () => {
        await fly.api.call('POST', path, { json: { ttl: LEASE_SECONDS }, headers, again: true });
      },
    });
  } finally {
    // It ends by itself; what was done counts, and what failed has been said.
    await fly.api.call('DELETE', path, { headers, again: true, accept: [404, 409] }).catch(() => undefined);
  }
}

async function takeLease(fly: Fly, app: string, id: string): Promise<string> {
  const end = fly.time.now() + LEASE_PATIENCE_MS;
  const path = ['apps', app, 'machines', id, 'lease'];
  const call = { json: { ttl: LEASE_SECONDS, description: 'turbobackend deploy' }, again: true, accept: [409] };
  for (;;) {
    const answer = await fly.api.call('POST', path, call);
    // The document says one thing about the shape, Fly's own programs another.
    const { data, nonce: flat } = recordOf(answer.json);
    const nonce = textOf(recordOf(data).nonce) ?? textOf(flat);
    if (answer.status < 300 && nonce !== null) return nonce;
    if (answer.status < 300) throw unusable(`the lease of machine ${id}`);
    if (!isHeld(answer) || fly.time.now() >= end) throw flyFailure(answer, fly.api.orderOf('POST', path, call));
    await fly.time.sleep(PAUSE_MS);
  }
}

function usable(json: unknown, what: string): Machine {
  const machine = readMachine(json);
  if (!machine) throw unusable(`machine ${what}`);
  return machine;
}

function unusable(what: string): TurboError {
  return new TurboError('remote.unusable', `What Fly.io answered about ${what} is not what its API says.`);
}
