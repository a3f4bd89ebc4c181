import { TurboError } from '../../../domain/errors.ts';
import type { RemoteDeployment, RemoteTarget } from '../../../ports/remote-target.ts';
import { awaitHealth } from './await-health.ts';
import type { Fly } from './context.ts';
import { inspectApp } from './inspect.ts';
import type { Machine } from './machine.ts';
import { type Guest, SMALLEST } from './machine-config.ts';
import { createMachine, destroyMachine, destroyUnderLease, showMachine, webMachines, withLease } from './machines.ts';
import { numberOf, recordOf } from './read-json.ts';
import { isWhole, updateMachine } from './roll-out.ts';

type Wish = Parameters<RemoteTarget['scale']>[1];

const CPUS: readonly number[] = [1, 2, 4, 6, 8];
const MOST_MACHINES = 50;

/**
 * Changes the size of each machine, one after the other, then their number. New ones are like the first. Throws
 * `usage.invalid` for a size that Fly does not have, `deploy.not_running` when nothing was deployed.
 */
export async function scaleApp(fly: Fly, app: string, wish: Wish): Promise<RemoteDeployment> {
  const machines = await webMachines(fly, app);
  const [first] = machines;
  if (!first) throw notRunning(app);
  const isResized = wish.cpus !== undefined || wish.memoryMb !== undefined;
  const guest = isResized ? guestOf(first, wish) : null;
  if (wish.count !== undefined) checkCount(wish.count);
  if (guest) {
    const kept = machines.slice(0, wish.count ?? machines.length);
    for (const machine of kept) await resize(fly, app, machine, guest);
  }
  if (wish.count !== undefined) await setCount(fly, app, machines, wish.count, guest);
  const deployment = await inspectApp(fly, app);
  if (deployment) return deployment;
  throw notRunning(app);
}

function notRunning(app: string): TurboError {
  return new TurboError('deploy.not_running', `Nothing of ${app} runs at Fly.io.`, {
    hint: 'turbobackend deploy --target fly',
  });
}

function checkCount(count: number): void {
  if (Number.isSafeInteger(count) && count >= 1 && count <= MOST_MACHINES) return;
  throw new TurboError('usage.invalid', `The number of machines is from 1 to ${MOST_MACHINES}, not ${count}.`, {
    hint: 'To run none: turbobackend undeploy',
  });
}

// https://fly.io/docs/machines/guides-examples/machine-sizing/: from 256 MB to 2 GB for each shared CPU.
function guestOf({ config, name }: Machine, { cpus, memoryMb }: Wish): Guest {
  const has = recordOf(config.guest);
  if (has.cpu_kind !== undefined && has.cpu_kind !== 'shared') {
    throw new TurboError(
      'usage.invalid',
      `Machine ${name} has ${String(has.cpu_kind)} CPUs, which are not sized here.`,
      {
        hint: 'fly scale vm',
      },
    );
  }
  const wanted = cpus ?? numberOf(has.cpus) ?? SMALLEST.cpus;
  const given = memoryMb ?? numberOf(has.memory_mb) ?? SMALLEST.memory_mb;
  const memory = memoryMb === undefined ? Math.min(Math.max(given, wanted * 256), wanted * 2048) : given;
  if (!CPUS.includes(wanted)) {
    throw new TurboError('usage.invalid', `Fly.io has machines with ${CPUS.join(', ')} shared CPUs, not ${wanted}.`);
  }
  if (memory % 256 !== 0 || memory < wanted * 256 || memory > wanted * 2048) {
    const range = `${wanted * 256} to ${wanted * 2048} MB in steps of 256`;
    throw new TurboError('usage.invalid', `A machine with ${wanted} shared CPU has ${range}, not ${memory} MB.`);
  }
  return { cpu_kind: 'shared', cpus: wanted, memory_mb: memory };
}

async function resize(fly: Fly, app: string, found: Machine, guest: Guest): Promise<void> {
  const has = recordOf(found.config.guest);
  if (has.cpus === guest.cpus && has.memory_mb === guest.memory_mb) return;
  const health = await withLease(fly, app, found.id, async (held) => {
    const machine = (await showMachine(fly, app, found.id)) ?? found;
    refuseBare(app, machine);
    const config = { ...machine.config, guest };
    const updated = await updateMachine(fly, app, machine, config, held, { secretsVersion: 0 });
    const told = await awaitHealth(fly, app, updated, held.renew);
    if (!told.isHealthy) await updateMachine(fly, app, updated, machine.config, held, { secretsVersion: 0 });
    return told;
  });
  if (health.isHealthy) return;
  throw new TurboError('deploy.unhealthy', `Machine ${found.name} is not healthy at that size: ${health.why}.`, {
    hint: 'It has its size of before again.',
  });
}

function refuseBare(app: string, { config, name }: Machine): void {
  if (isWhole(config)) return;
  throw new TurboError('remote.failed', `Fly.io does not tell the files of machine ${name}, so it cannot be changed.`, {
    hint: `fly scale -a ${app}, or deploy with an image (flyctl)`,
  });
}

async function setCount(
  fly: Fly,
  app: string,
  machines: readonly Machine[],
  count: number,
  guest: Guest | null,
): Promise<void> {
  for (const { id } of machines.slice(count)) await destroyUnderLease(fly, app, id);
  const [first] = machines;
  if (!first || count <= machines.length) return;
  refuseBare(app, first);
  const taken = new Set(machines.map(({ name }) => name));
  const names = Array.from({ length: count + machines.length }, (_, at) => `web-${at + 1}`);
  const free = names.filter((name) => !taken.has(name)).slice(0, count - machines.length);
  for (const name of free) {
    const order = {
      name,
      region: first.region,
      config: { ...first.config, ...(guest ? { guest } : {}) },
      secretsVersion: 0,
    };
    const machine = await createMachine(fly, app, order);
    const health = await awaitHealth(fly, app, machine);
    if (health.isHealthy) continue;
    await destroyMachine(fly, app, machine.id);
    throw new TurboError('deploy.unhealthy', `Machine ${name} did not become healthy: ${health.why}.`, {
      hint: 'It was taken away again; turbobackend logs',
    });
  }
}
