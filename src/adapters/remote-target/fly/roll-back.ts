import { TurboError } from '../../../domain/errors.ts';
import type { RemoteDeployment } from '../../../ports/remote-target.ts';
import { awaitHealth } from './await-health.ts';
import type { Fly } from './context.ts';
import { inspectApp } from './inspect.ts';
import type { Machine } from './machine.ts';
import { showMachine, webMachines, withLease } from './machines.ts';
import type { Json } from './read-json.ts';
import { sized, updateMachine, versionBefore } from './roll-out.ts';

/**
 * Gives each machine the configuration of the release before, at the size it has now. Secrets and tables stay as they
 * are. Throws `deploy.not_running` when there is no release before, or Fly does not tell its files.
 */
export async function rollBack(fly: Fly, app: string): Promise<RemoteDeployment> {
  const machines = await webMachines(fly, app);
  const wishes: { readonly machine: Machine; readonly config: Json }[] = [];
  for (const machine of machines) {
    const before = await versionBefore(fly, app, machine);
    if (!before) throw nothingBefore(app);
    wishes.push({ machine, config: sized(before, machine) });
  }
  if (wishes.length === 0) throw nothingBefore(app);
  for (const { machine, config } of wishes) await goTo(fly, app, machine, config);
  const deployment = await inspectApp(fly, app);
  if (deployment) return deployment;
  throw nothingBefore(app);
}

function nothingBefore(app: string): TurboError {
  return new TurboError('deploy.not_running', `There is no version of ${app} at Fly.io to go back to.`, {
    hint: 'Check out the version you want and deploy it.',
  });
}

async function goTo(fly: Fly, app: string, machine: Machine, config: Json): Promise<void> {
  const health = await withLease(fly, app, machine.id, async (held) => {
    const now = (await showMachine(fly, app, machine.id)) ?? machine;
    const updated = await updateMachine(fly, app, now, config, held, { secretsVersion: 0 });
    return awaitHealth(fly, app, updated, held.renew);
  });
  if (health.isHealthy) return;
  throw new TurboError('deploy.unhealthy', `Machine ${machine.name} went back and is not healthy: ${health.why}.`, {
    hint: 'turbobackend logs; going back once more leads to the version it came from.',
    details: { remote: 'fly', machine: machine.id },
  });
}
