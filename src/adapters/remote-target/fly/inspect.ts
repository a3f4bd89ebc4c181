import type { RemoteDeployment } from '../../../ports/remote-target.ts';
import { isHealthy } from './await-health.ts';
import type { Fly } from './context.ts';
import { stateOfApp } from './ensure-app.ts';
import type { Machine } from './machine.ts';
import { LABELS } from './machine-config.ts';
import { showMachine, webMachines } from './machines.ts';

/** What runs as it is now; null when there is no such app, or none of this organisation. */
export async function inspectApp(fly: Fly, app: string): Promise<RemoteDeployment | null> {
  if ((await stateOfApp(fly, app)) !== 'ours') return null;
  const listed = await webMachines(fly, app);
  const shown = await Promise.all(listed.map(({ id }) => showMachine(fly, app, id)));
  const machines = shown.filter((machine): machine is Machine => machine !== null);
  const versions = new Set(machines.map(({ labels }) => labels[LABELS.version]));
  const [version] = versions;
  const releases = machines.map(({ labels }) => Number(labels[LABELS.releasedAt])).filter(Number.isFinite);
  return {
    app,
    url: fly.appUrl.replaceAll('{app}', app),
    status: statusOf(machines),
    // In the middle of a change there are two, and none is the version of the whole.
    version: versions.size === 1 ? (version ?? null) : null,
    machines: machines.map((machine) => ({
      id: machine.id,
      region: machine.region,
      state: machine.state,
      healthy: isHealthy(machine),
    })),
    releasedAt: releases.length === 0 ? null : Math.max(...releases),
  };
}

function statusOf(machines: readonly Machine[]): RemoteDeployment['status'] {
  const isIn = (...states: readonly string[]) => machines.filter(({ state }) => states.includes(state)).length;
  if (isIn('created', 'starting', 'replacing', 'restarting') > 0) return 'starting';
  if (isIn('failed') > 0 || machines.some((machine) => machine.state === 'started' && !isHealthy(machine))) {
    return 'unhealthy';
  }
  return isIn('started') > 0 ? 'running' : 'stopped';
}
