import { TurboError } from '../../../domain/errors.ts';
import type { RemoteDeployOrder } from '../../../ports/remote-target.ts';
import { redactor } from '../../shared/remote/redact.ts';
import type { Fly } from './context.ts';
import { tryLogs } from './logs.ts';
import type { Machine } from './machine.ts';
import { GROUP, RELEASE, releaseConfig, type Software } from './machine-config.ts';
import { createMachine, destroyMachine, listMachines, showMachine } from './machines.ts';

/** As Fly's own programs: longer migrations belong into a maintenance window. */
const PATIENCE_MS = 300_000;
const PAUSE_MS = 2_000;
const SHOWN_LINES = 20;

/**
 * Runs the migrations on a machine of their own and takes it away. One that a killed run has left is waited for or
 * started anew. Throws `migration.failed` with its exit code and, where Fly shows it, what it printed.
 */
export async function runRelease(
  fly: Fly,
  order: RemoteDeployOrder,
  software: Software,
  secretsVersion: number,
): Promise<void> {
  const { app, region } = order;
  const name = `release-${order.version.slice(0, 12)}`;
  await clearWay(fly, app, name);
  const config = releaseConfig(order, software);
  const machine = await createMachine(fly, app, { name, region, config, secretsVersion });
  const ended = await awaitEnd(fly, app, machine);
  if (ended?.exitCode === 0) {
    await destroyMachine(fly, app, machine.id);
    return;
  }
  const redact = redactor(Object.values(order.secrets));
  const printed = (await tryLogs(fly.logs, app, { lines: SHOWN_LINES, machine: machine.id })).map(redact);
  await destroyMachine(fly, app, machine.id);
  throw failure(app, ended, printed);
}

/** What has ended was of another attempt, or of a killed one. What still migrates is let: `remote.conflict`. */
async function clearWay(fly: Fly, app: string, name: string): Promise<void> {
  const isHung = ({ createdAt }: Machine) => createdAt !== null && fly.time.now() - createdAt > PATIENCE_MS;
  await removeReleaseMachines(fly, app, (machine) => hasEnded(machine) || (machine.name !== name && isHung(machine)));
  const machines = (await listMachines(fly, app)).filter(({ labels }) => labels[GROUP] === RELEASE);
  const other = machines.find((machine) => machine.name !== name);
  if (!other) return;
  throw new TurboError('remote.conflict', `Another version of ${app} is being migrated at Fly.io (${other.name}).`, {
    hint: 'Wait until that deployment has ended, then the same command again.',
  });
}

/** Takes release machines away; all of them, or those that are meant. */
export async function removeReleaseMachines(
  fly: Fly,
  app: string,
  isMeant: (machine: Machine) => boolean = () => true,
): Promise<void> {
  for (const machine of await listMachines(fly, app)) {
    if (machine.labels[GROUP] === RELEASE && isMeant(machine)) await destroyMachine(fly, app, machine.id);
  }
}

function hasEnded({ state }: Machine): boolean {
  return state === 'stopped' || state === 'failed';
}

/** The machine when it has ended; null when it never did. Throws `remote.conflict` when somebody took it away. */
async function awaitEnd(fly: Fly, app: string, { id, name, instanceId }: Machine): Promise<Machine | null> {
  const end = fly.time.now() + PATIENCE_MS;
  for (;;) {
    await fly.api.call('GET', ['apps', app, 'machines', id, 'wait'], {
      query: { state: 'stopped', version: instanceId, timeout: 60 },
      timeout: 'long',
      accept: [400, 404, 408],
    });
    const machine = await showMachine(fly, app, id);
    if (!machine) {
      throw new TurboError('remote.conflict', `Machine ${name} of ${app} was taken away while it migrated.`, {
        hint: 'Another deployment is at work: wait until it has ended, then the same command again.',
      });
    }
    if (hasEnded(machine)) return machine;
    if (fly.time.now() >= end) return null;
    await fly.time.sleep(PAUSE_MS);
  }
}

function failure(app: string, ended: Machine | null, printed: readonly string[]): TurboError {
  const why =
    ended === null
      ? `did not end within ${PATIENCE_MS / 60_000} minutes`
      : ended.exitCode === null
        ? `never ran: its machine is ${ended.state}`
        : `ended with exit code ${ended.exitCode}`;
  const shown = printed.length === 0 ? '' : `\n${printed.join('\n')}`;
  const where = printed.length === 0 ? `What it printed: fly logs -a ${app}. ` : '';
  return new TurboError('migration.failed', `The migration at Fly.io ${why}; no server was changed.${shown}`, {
    hint: `${where}Mend the migration, or the reach of the database from Fly.io, and deploy again.`,
    details: { remote: 'fly', exitCode: ended?.exitCode ?? null, log: printed },
  });
}
