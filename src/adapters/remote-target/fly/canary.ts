import { TurboError } from '../../../domain/errors.ts';
import { awaitHealth } from './await-health.ts';
import type { Fly } from './context.ts';
import { tryLogs } from './logs.ts';
import { CANARY, canaryConfig, GROUP, LABELS, SMALLEST } from './machine-config.ts';
import { createMachine, destroyMachine, listMachines, webMachines } from './machines.ts';
import { recordOf } from './read-json.ts';
import type { RollOut } from './roll-out.ts';

const SHOWN_LINES = 20;

/**
 * Starts a version beside what runs, where nobody is led to it, and takes it away again. So a version that does not
 * become healthy is found while the one before goes on answering: throws `deploy.unhealthy`, and nothing was changed.
 * With no other version there is nothing to keep, and nothing is tried.
 */
export async function tryCanary(
  fly: Fly,
  app: string,
  { config, region, secretsVersion, version }: RollOut,
  onStep: (message: string) => void,
): Promise<void> {
  await removeCanaries(fly, app);
  const release = recordOf(config.metadata)[LABELS.release];
  const [first] = (await webMachines(fly, app)).filter(({ labels }) => labels[LABELS.release] !== release);
  if (!first) return;
  onStep(`Version ${version.slice(0, 12)}: tried beside what runs …`);
  const tried = { ...canaryConfig(config), guest: first.config.guest ?? SMALLEST };
  const name = `canary-${version.slice(0, 12)}`;
  const machine = await createMachine(fly, app, { name, region, config: tried, secretsVersion });
  const health = await awaitHealth(fly, app, machine);
  const log = health.isHealthy ? [] : await tryLogs(fly.logs, app, { lines: SHOWN_LINES, machine: machine.id });
  await destroyMachine(fly, app, machine.id);
  if (health.isHealthy) return;
  const running = first.labels[LABELS.version]?.slice(0, 12) ?? 'before';
  const what = `Version ${version.slice(0, 12)} did not become healthy at Fly.io: ${health.why}.`;
  throw new TurboError('deploy.unhealthy', `${what} Nothing was changed: version ${running} stays.`, {
    hint: 'Mend it, and deploy again.',
    details: { remote: 'fly', machine: machine.id, log },
  });
}

/** Takes away what a killed run was trying. */
export async function removeCanaries(fly: Fly, app: string): Promise<void> {
  for (const machine of await listMachines(fly, app)) {
    if (machine.labels[GROUP] === CANARY) await destroyMachine(fly, app, machine.id);
  }
}
