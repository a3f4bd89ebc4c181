import { TurboError } from '../../../domain/errors.ts';
import { awaitHealth, type Health } from './await-health.ts';
import type { Fly } from './context.ts';
import { flyFailure, isOutdated } from './explain.ts';
import { type Machine, readMachine } from './machine.ts';
import { LABELS, SMALLEST } from './machine-config.ts';
import { createMachine, type Held, showMachine, stopMachine, webMachines, withLease } from './machines.ts';
import { type Json, recordOf, recordsOf, textOf } from './read-json.ts';

export interface RollOut {
  /** Without a size: a machine keeps the one it has. */
  readonly config: Json;
  readonly secretsVersion: number;
  readonly region: string;
  readonly version: string;
}

interface Changed {
  readonly machine: Machine;
  /** Null: the machine is new. `look`: a killed run changed it, and its versions say what it had. */
  readonly before: Json | null | 'look';
}

/**
 * Brings the machines to a configuration, one after the other, and each only when the one before is healthy. When one is
 * not, all that were changed go back: throws `deploy.unhealthy`, which says what runs now.
 */
export async function rollOut(fly: Fly, app: string, wish: RollOut, onStep: (message: string) => void): Promise<void> {
  const machines = await webMachines(fly, app);
  const changed: Changed[] = [];
  const run = async (name: string, change: () => Promise<{ readonly health: Health; readonly changed: Changed }>) => {
    onStep(`Machine ${name}: version ${wish.version.slice(0, 12)} …`);
    const done = await change().catch(async (error: unknown) => {
      await goBack(fly, app, changed, wish, onStep);
      throw error;
    });
    changed.push(done.changed);
    if (done.health.isHealthy) return onStep(`Machine ${name}: healthy`);
    const now = await goBack(fly, app, changed, wish, onStep);
    throw unhealthy(done.changed.machine, wish, done.health.why, now);
  };
  if (machines.length === 0) await run('web-1', () => createFirst(fly, app, wish));
  for (const machine of machines) await run(machine.name, () => changeMachine(fly, app, machine, wish));
}

function unhealthy({ id, name }: Machine, { version }: RollOut, why: string, now: string): TurboError {
  const what = `Version ${version.slice(0, 12)} did not become healthy at Fly.io: machine ${name}: ${why}.`;
  return new TurboError('deploy.unhealthy', `${what} ${now}`, {
    hint: 'Look at what it says (turbobackend logs), mend it, and deploy again.',
    details: { remote: 'fly', machine: id },
  });
}

async function createFirst(fly: Fly, app: string, wish: RollOut) {
  const { region, secretsVersion } = wish;
  const config = { ...wish.config, guest: SMALLEST };
  const machine = await createMachine(fly, app, { name: 'web-1', region, config, secretsVersion });
  return { health: await awaitHealth(fly, app, machine), changed: { machine, before: null } };
}

function isWished({ labels }: Machine, { config }: RollOut): boolean {
  return labels[LABELS.release] === recordOf(config.metadata)[LABELS.release];
}

async function changeMachine(fly: Fly, app: string, found: Machine, wish: RollOut) {
  return withLease(fly, app, found.id, async (held) => {
    const machine = (await showMachine(fly, app, found.id)) ?? found;
    const isThere = isWished(machine, wish);
    if (isThere) await startMachine(fly, app, machine, held);
    const updated = isThere ? machine : await updateMachine(fly, app, machine, sized(wish.config, machine), held, wish);
    const health = await awaitHealth(fly, app, updated, held.renew);
    return { health, changed: { machine: updated, before: isThere ? ('look' as const) : machine.config } };
  });
}

/** The configuration of a machine, at the size that it has now. */
export function sized(config: Json, machine: Machine): Json {
  return { ...config, guest: machine.config.guest ?? SMALLEST };
}

async function startMachine({ api }: Fly, app: string, { id, state }: Machine, { headers }: Held): Promise<void> {
  if (state !== 'stopped' && state !== 'suspended') return;
  await api.call('POST', ['apps', app, 'machines', id, 'start'], { headers, again: true });
}

/** Gives a machine another configuration, if it still has the one that was looked at. Throws `remote.conflict`. */
export async function updateMachine(
  fly: Fly,
  app: string,
  machine: Machine,
  config: Json,
  { headers }: Pick<Held, 'headers'>,
  { secretsVersion }: { readonly secretsVersion: number },
): Promise<Machine> {
  const path = ['apps', app, 'machines', machine.id];
  const least = secretsVersion > 0 ? { min_secrets_version: secretsVersion } : {};
  const json = { config, current_version: machine.instanceId, ...least };
  const call = { json, headers, again: true, accept: [409, 412, 422], timeout: 'transfer' as const };
  const answer = await fly.api.call('POST', path, call);
  const told = answer.status < 300 ? readMachine(answer.json) : null;
  if (told) return told;
  const now = await showMachine(fly, app, machine.id);
  // The first try may have been done and its answer lost.
  const isOurs = now !== null && markOf(now.config) === markOf(config) && now.instanceId !== machine.instanceId;
  if (isOurs && (answer.status < 300 || isOutdated(answer))) return now;
  throw flyFailure(answer, fly.api.orderOf('POST', path, call));
}

/** What tells one configuration of ours from the next. */
function markOf({ metadata, guest }: Json): string {
  const labels = recordOf(metadata);
  const { cpus, memory_mb: memory } = recordOf(guest);
  return JSON.stringify([labels[LABELS.release], labels[LABELS.releasedAt], cpus, memory]);
}

/** The newest configuration of a machine that is of another release; null when there is none that can be had again. */
export async function versionBefore({ api }: Fly, app: string, machine: Machine): Promise<Json | null> {
  const { json } = await api.call('GET', ['apps', app, 'machines', machine.id, 'versions']);
  const current = machine.labels[LABELS.release];
  // Versions are ULIDs: they sort by time.
  const versions = [...recordsOf(json)].sort((one, other) =>
    (textOf(one.version) ?? '') < (textOf(other.version) ?? '') ? 1 : -1,
  );
  const found = versions
    .map((version) => recordOf(version.user_config))
    .find((config) => {
      const release = textOf(recordOf(config.metadata)[LABELS.release]);
      return release !== null && release !== current;
    });
  return found && isWhole(found) ? found : null;
}

/** Files without content are told where Fly keeps it to itself; sent back so, the server would be gone. */
export function isWhole(config: Json): boolean {
  return recordsOf(config.files).every((file) => textOf(file.raw_value) !== null || textOf(file.secret_name) !== null);
}

/** Gives every changed machine what it had before, and stops the ones that had nothing. Says what runs now. */
async function goBack(
  fly: Fly,
  app: string,
  changed: readonly Changed[],
  wish: RollOut,
  onStep: (message: string) => void,
): Promise<string> {
  const outcomes: string[] = [];
  for (const { machine, before } of [...changed].reverse()) {
    const outcome = await restore(fly, app, machine, before, wish).catch((error: unknown) => {
      const why = error instanceof Error ? error.message : String(error);
      return `machine ${machine.name} could not be brought back: ${why}`;
    });
    onStep(`Going back: ${outcome}`);
    outcomes.push(outcome);
  }
  return outcomes.length === 0 ? 'Nothing was changed.' : `Now ${outcomes.join('; ')}.`;
}

async function restore(
  fly: Fly,
  app: string,
  { id, name }: Machine,
  had: Changed['before'],
  wish: RollOut,
): Promise<string> {
  return withLease(fly, app, id, async (held) => {
    const now = await showMachine(fly, app, id);
    if (!now) return `machine ${name} is gone`;
    const before = had === 'look' ? await versionBefore(fly, app, now) : had;
    if (before === null || !isWhole(before)) {
      await stopMachine(fly, app, id, held.nonce);
      return `machine ${name} is stopped, as nothing healthy was there before`;
    }
    const back = await updateMachine(fly, app, now, before, held, wish);
    const health = await awaitHealth(fly, app, back, held.renew);
    const version = textOf(recordOf(before.metadata)[LABELS.version])?.slice(0, 12) ?? 'before';
    return health.isHealthy ? `machine ${name} runs version ${version} again` : `machine ${name}: ${health.why}`;
  });
}
