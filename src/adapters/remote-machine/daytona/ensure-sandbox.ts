import { createHash } from 'node:crypto';
import { isTurboError, TurboError } from '../../../domain/errors.ts';
import { PROJECT_LABEL } from '../../../domain/remote.ts';
import type { RemoteMachineOrder } from '../../../ports/remote-machine.ts';
import type { Clients, DaytonaOptions } from './clients.ts';
import { readSandbox, type Sandbox } from './read-answers.ts';
import { foreignSandbox, isGone, POLL_MS, type Sandboxes, type Waiting } from './sandboxes.ts';

/** On every sandbox of turbobackend's, so that all of them can be listed. */
export const OUR_LABEL: readonly [string, string] = ['turbobackend/kind', 'workspace'];
/** What the sandbox was made by: one that is ordered differently is made anew. */
const ORDER_LABEL = 'turbobackend/order';

/** States that nothing good comes of. */
const BROKEN = ['error', 'build_failed'];
/** States from which it is started. */
const RESTING = ['stopped', 'archived', 'paused'];
const IMAGE = /^[a-z0-9][\w.:/@-]{0,250}$/i;

interface Needed {
  readonly clients: Clients;
  readonly sandboxes: Sandboxes;
  readonly options: Pick<DaytonaOptions, 'target' | 'organizationId'>;
  readonly waiting: Waiting;
}

/**
 * A sandbox that runs: the one of this name if it is this project's and was ordered like this, otherwise a new one.
 * What does not come up is taken away again.
 */
export async function ensureSandbox(order: RemoteMachineOrder, needed: Needed): Promise<Sandbox> {
  const { sandboxes } = needed;
  const found = await sandboxes.find(order.name);
  if (found) {
    assertOwn(found, order);
    const isUsable = found.labels[ORDER_LABEL] === orderHash(order) && !BROKEN.includes(found.state);
    if (isUsable) return settle(found, needed);
    await sandboxes.remove(found.id);
  }
  const made = await create(order, needed);
  try {
    return await settle(made, needed);
  } catch (error) {
    // Told, not thrown: what matters is why it did not come up, and it ends by itself.
    await sandboxes.remove(made.id).catch(() => false);
    throw error;
  }
}

/** Refuses a stranger's sandbox of that name (`remote.conflict`). */
export function assertOwn(sandbox: Sandbox, { projectId, name }: { projectId: string; name: string }): void {
  if (sandbox.labels[PROJECT_LABEL] !== projectId) throw foreignSandbox(name);
}

/** Names are unique, so a second try of a call that went through is refused, and finds what the first one made. */
async function create(order: RemoteMachineOrder, { clients, sandboxes, options }: Needed): Promise<Sandbox> {
  const api = await clients.api({ idempotent: true, timeout: 'long' });
  try {
    const body = bodyOf(order, options.target);
    return readSandbox((await api.sandboxes.createSandbox(body, options.organizationId ?? undefined)).data);
  } catch (error) {
    const isTaken = isTurboError(error) && error.code === 'remote.conflict';
    const found = isTaken ? await sandboxes.find(order.name) : null;
    if (!found) throw error;
    assertOwn(found, order);
    return found;
  }
}

function bodyOf(order: RemoteMachineOrder, target: string | null) {
  const { name, environment, autoStopMinutes, autoDeleteMinutes, image, resources = {} } = order;
  if (image !== undefined && !IMAGE.test(image)) {
    throw new TurboError('usage.invalid', `${JSON.stringify(image)} is no name of an image.`, {
      hint: 'Name one like node:22-slim.',
    });
  }
  const { cpus: cpu, memoryGb: memory, diskGb: disk } = resources;
  // Without an image the organisation's snapshot says what a sandbox has, and Daytona refuses to be told.
  const made =
    image === undefined ? {} : { buildInfo: { dockerfileContent: `FROM ${image}\n` }, ...given({ cpu, memory, disk }) };
  const [ours, kind] = OUR_LABEL;
  const labels = { ...order.labels, [PROJECT_LABEL]: order.projectId, [ours]: kind, [ORDER_LABEL]: orderHash(order) };
  return {
    name,
    labels,
    env: { ...environment },
    public: false,
    autoStopInterval: autoStopMinutes,
    autoDeleteInterval: autoDeleteMinutes,
    ...(target === null ? {} : { target }),
    ...egressOf(order),
    ...made,
  };
}

function given(values: Readonly<Record<string, number | undefined>>): Readonly<Record<string, number>> {
  return Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}

/** What the sandbox may reach, as Daytona is told. */
function egressOf({ egress }: RemoteMachineOrder) {
  if (egress === 'open') return {};
  if (egress === 'none') return { networkBlockAll: true };
  const { networks, domains } = egress;
  return {
    ...(networks.length === 0 ? {} : { networkAllowList: networks.join(',') }),
    ...(domains.length === 0 ? {} : { domainAllowList: domains.join(',') }),
  };
}

/** Of everything that cannot be changed later. */
function orderHash({ image, resources, egress, environment }: RemoteMachineOrder): string {
  const order = JSON.stringify([image ?? null, resources ?? null, egress, Object.entries(environment).sort()]);
  return createHash('sha256').update(order).digest('hex').slice(0, 32);
}

/** Waits until it runs, and starts it where it rests. */
async function settle(first: Sandbox, { clients, sandboxes, options, waiting }: Needed): Promise<Sandbox> {
  const end = waiting.now() + waiting.settleMs;
  let [sandbox, wasStarted]: [Sandbox | null, boolean] = [first, false];
  while (sandbox && !isGone(sandbox)) {
    if (sandbox.state === 'started') return sandbox;
    if (BROKEN.includes(sandbox.state)) throw broken(sandbox);
    if (waiting.now() >= end) throw late(sandbox, waiting.settleMs);
    if (RESTING.includes(sandbox.state) && !wasStarted) {
      const api = await clients.api({ idempotent: true, timeout: 'long' });
      await api.sandboxes.startSandbox(sandbox.id, options.organizationId ?? undefined);
      wasStarted = true;
    }
    await waiting.sleep(POLL_MS);
    sandbox = await sandboxes.find(sandbox.id);
  }
  throw new TurboError('remote.failed', `Daytona took sandbox ${first.name} away while it was being started.`, {
    hint: 'The same command again makes a new one.',
  });
}

function broken({ name, state, reason }: Sandbox): TurboError {
  const why = reason === null ? '' : `: ${reason.slice(0, 300)}`;
  return new TurboError('remote.failed', `Daytona could not bring up sandbox ${name} (${state})${why}`, {
    hint: 'Look at the name of the image; then the same command again makes a new one.',
    details: { state },
  });
}

function late({ name, state }: Sandbox, settleMs: number): TurboError {
  const minutes = Math.round(settleMs / 60_000);
  return new TurboError('remote.failed', `Sandbox ${name} was still ${state} after ${minutes} min, and was removed.`, {
    hint: 'The same command again makes a new one.',
    details: { state },
  });
}
