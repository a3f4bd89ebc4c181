import { isTurboError, TurboError } from '../../../domain/errors.ts';
import type { Network } from '../../../domain/network.ts';
import type { RemoteDeployment, RemoteDeployOrder, RemoteTarget } from '../../../ports/remote-target.ts';
import type { RemoteTime } from '../../shared/remote/contract.ts';
import { redactor } from '../../shared/remote/redact.ts';
import { remoteClient } from '../../shared/remote/remote-client.ts';
import { isHealthy } from './await-health.ts';
import { removeCanaries, tryCanary } from './canary.ts';
import { checkFly, planFly } from './check.ts';
import type { Fly } from './context.ts';
import { ensureAddresses, ensureApp, stateOfApp } from './ensure-app.ts';
import { authorizationOf, flyApi } from './fly-api.ts';
import { buildWithFlyctl, type FlyctlOptions, imageName } from './flyctl.ts';
import { inspectApp } from './inspect.ts';
import { readLogs, tryLogs } from './logs.ts';
import { LABELS, softwareOf, webConfig } from './machine-config.ts';
import { destroyUnderLease, listMachines, showMachine, webMachines } from './machines.ts';
import { recordOf } from './read-json.ts';
import { removeReleaseMachines, runRelease } from './release.ts';
import { rollBack } from './roll-back.ts';
import { rollOut } from './roll-out.ts';
import { scaleApp } from './scale.ts';
import { setSecrets, unsetSecret } from './secrets.ts';

export interface FlyTargetOptions {
  readonly token: string;
  /** Slug of the organisation. */
  readonly organization: string;
  /** Of the Machines API, without `/v1`; default Fly's own. */
  readonly baseUrl?: string;
  /** Where an app answers, `{app}` standing for its name; default `https://{app}.fly.dev`. */
  readonly appUrl?: string;
  /** With it images are built at Fly.io; without it the files travel with each machine. */
  readonly flyctl?: Omit<FlyctlOptions, 'token'>;
  /** The way out of this network; null or left out: Node's own. */
  readonly network?: Network | null;
  readonly time?: RemoteTime;
}

const BASE_URL = 'https://api.machines.dev';
const LOGS_URL = 'https://api.fly.io';
/** Only the machine that migrates gets it: the server never holds a login that may change tables. */
const MIGRATION_SECRET = 'MIGRATION_DATABASE_URL';

const systemTime: RemoteTime = {
  now: () => Date.now(),
  sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  random: () => Math.random(),
};

/** Fly.io by its Machines API. What a killed call has made is found again by names and labels. */
export function flyTarget(options: FlyTargetOptions): RemoteTarget {
  const { token, organization, baseUrl = BASE_URL, appUrl = 'https://{app}.fly.dev', time = systemTime } = options;
  const { network = null } = options;
  const logs = remoteClient({
    remote: 'fly',
    service: 'Fly.io',
    // A configured address gets the token; Fly's own must not when another one is meant.
    baseUrl: baseUrl === BASE_URL ? LOGS_URL : baseUrl,
    headers: { authorization: authorizationOf(token) },
    secrets: [token, token.replace(/^FlyV1\s+/, '')],
    tries: 2,
    time,
    network,
  });
  const fly: Fly = { api: flyApi({ token, baseUrl, time, network }), logs, time, organization, appUrl };
  return {
    name: 'fly',
    check: () => checkFly(fly, token),
    plan: (order) => planFly(fly, order),
    deploy: (order, onStep) => deploy(fly, options, order, onStep),
    inspect: (app) => inspectApp(fly, app),
    logs: (app, { lines }) => readLogs(logs, app, { lines }),
    scale: (app, wish) => scaleApp(fly, app, wish),
    rollback: (app) => rollBack(fly, app),
    remove: (app, projectId) => removeApp(fly, app, projectId),
  };
}

async function deploy(
  fly: Fly,
  { token, flyctl }: FlyTargetOptions,
  order: RemoteDeployOrder,
  onStep: (message: string) => void,
): Promise<RemoteDeployment> {
  const { app } = order;
  const isBuilt = order.image === undefined && flyctl !== undefined;
  // Too large is said before anything is made.
  const software = softwareOf(order, isBuilt ? imageName(flyctl, order) : order.image);
  const isNew = await ensureApp(fly, app, order.projectId);
  onStep(`App ${app}: ${isNew ? 'made' : 'found'}`);
  const { [MIGRATION_SECRET]: migrationUrl, ...serving } = order.secrets;
  const secrets = await setSecrets(fly, app, serving);
  onStep(`Secrets: ${Object.keys(serving).length} set`);
  await ensureAddresses(fly, app);
  const config = webConfig(order, software, secrets.hash, Math.floor(fly.time.now() / 1000));
  if (await isThere(fly, app, recordOf(config.metadata)[LABELS.release])) {
    await tidyUp(fly, app);
    onStep(`Version ${order.version.slice(0, 12)} runs already`);
    return present(fly, app);
  }
  if (isBuilt) {
    onStep('Image: flyctl builds it …');
    await buildWithFlyctl({ ...flyctl, token }, order);
  }
  const after = migrationUrl === undefined ? 0 : await migrate(fly, order, software, migrationUrl, onStep);
  const wish = {
    config,
    region: order.region,
    version: order.version,
    secretsVersion: Math.max(secrets.version, after),
  };
  const change = async () => {
    await tryCanary(fly, app, wish, onStep);
    await rollOut(fly, app, wish, onStep);
  };
  await change().catch(async (error: unknown) => {
    throw await withLog(fly, order, error);
  });
  return present(fly, app);
}

/** A version that did not become healthy is told with what it printed, as far as Fly shows it. */
async function withLog(fly: Fly, { app, secrets }: RemoteDeployOrder, error: unknown): Promise<unknown> {
  if (!isTurboError(error, 'deploy.unhealthy')) return error;
  const machine = error.details?.machine;
  const redact = redactor(Object.values(secrets));
  const about = typeof machine === 'string' ? { machine } : {};
  // Of a machine that is gone they were asked for before.
  const { log: early } = error.details ?? {};
  const lines = Array.isArray(early) ? early.map(String) : await tryLogs(fly.logs, app, { lines: 20, ...about });
  const log = lines.map(redact);
  const shown = log.length === 0 ? '' : `\n${log.join('\n')}`;
  return new TurboError(error.code, `${error.message}${shown}`, {
    ...(error.hint === undefined ? {} : { hint: error.hint }),
    details: { ...error.details, log },
  });
}

/** What a run that was cut or failed may have left beside the machines that serve. */
async function tidyUp(fly: Fly, app: string): Promise<void> {
  await removeReleaseMachines(fly, app);
  await removeCanaries(fly, app);
  await unsetSecret(fly, app, MIGRATION_SECRET);
}

/** The version of the secrets that no longer has the login of migrations. */
async function migrate(
  fly: Fly,
  order: RemoteDeployOrder,
  software: ReturnType<typeof softwareOf>,
  url: string,
  onStep: (message: string) => void,
): Promise<number> {
  onStep('Migrations: running');
  const { version } = await setSecrets(fly, order.app, { [MIGRATION_SECRET]: url });
  try {
    await runRelease(fly, order, software, version);
  } catch (error) {
    // The failure counts; the next run takes the secret away if this one cannot.
    await unsetSecret(fly, order.app, MIGRATION_SECRET).catch(() => undefined);
    throw error;
  }
  onStep('Migrations: applied');
  return unsetSecret(fly, order.app, MIGRATION_SECRET);
}

/** All machines have this release and are healthy. */
async function isThere(fly: Fly, app: string, release: unknown): Promise<boolean> {
  const machines = await webMachines(fly, app);
  if (machines.length === 0 || machines.some(({ labels }) => labels[LABELS.release] !== release)) return false;
  const shown = await Promise.all(machines.map(({ id }) => showMachine(fly, app, id)));
  return shown.every((machine) => machine !== null && isHealthy(machine));
}

async function present(fly: Fly, app: string): Promise<RemoteDeployment> {
  const deployment = await inspectApp(fly, app);
  if (deployment) return deployment;
  throw new TurboError('remote.failed', `The app ${app} is gone from Fly.io.`, {
    hint: 'Somebody took it away meanwhile: deploy again.',
  });
}

/** The machines first: an app with machines that run is not taken away. */
async function removeApp(fly: Fly, app: string, projectId: string): Promise<boolean> {
  const state = await stateOfApp(fly, app);
  if (state === 'free') return false;
  const machines = state === 'ours' ? await listMachines(fly, app) : [];
  const other = machines.find(({ labels }) => labels[LABELS.project] !== projectId);
  if (state === 'foreign' || other) {
    const what = other ? `runs something else (machine ${other.name})` : 'is not of this organisation';
    throw new TurboError('remote.conflict', `The app ${app} at Fly.io ${what}; it stays.`, {
      hint: `Look at it: fly status -a ${app}`,
    });
  }
  for (const { id } of machines) await destroyUnderLease(fly, app, id);
  await fly.api.call('DELETE', ['apps', app], { again: true, accept: [404] });
  return true;
}
