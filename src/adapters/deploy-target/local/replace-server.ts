import { TurboError } from '../../../domain/errors.ts';
import type { DeployOrder } from '../../../ports/deploy-target.ts';
import { endProcesses, isRunning, type LivePair, livePair } from './end-processes.ts';
import { type LaunchSettings, launch, requireBuild, type Trouble } from './launch.ts';
import { hasRelease, isSameBuild, sweepReleases, takeRelease } from './releases.ts';
import { isFree, type PortBook, reservePort } from './reserve-port.ts';
import { hasDotEnv } from './server-files.ts';
import { readOrder, readState, type StateFolder, type SupervisorOrder, writeJson } from './state-files.ts';

const MAX_ATTEMPTS = 3;
/** What was healthy before comes up quickly or not at all. */
const FALLBACK_DEADLINE_MS = 5000;

/**
 * Starts the project's build in place of what runs. When it does not become healthy, the release that was healthy
 * last is started again, if the project was meant to run; either way `deploy.unhealthy` tells what runs now. Killed at
 * any point it is finished by the next start, which still knows the last good release.
 */
export async function replaceServer(
  folder: StateFolder,
  order: DeployOrder,
  ports: PortBook,
  settings: LaunchSettings,
): Promise<void> {
  requireBuild(order.directory);
  await replaceBy(() => takeRelease(folder.releases, order), folder, order, ports, settings);
}

/**
 * Starts what runs or ran last in place of what runs, as `replaceServer` does with a build: settings may have changed.
 * A build that nobody deployed is not looked at. Throws `project.incomplete` when nothing was ever healthy.
 */
export async function restartServer(
  folder: StateFolder,
  order: DeployOrder,
  ports: PortBook,
  settings: LaunchSettings,
): Promise<void> {
  await replaceBy(async () => deployedRelease(folder, order), folder, order, ports, settings);
}

/** What runs or is meant to; after a stop, or a start that failed, what was healthy last. */
function deployedRelease(folder: StateFolder, { directory }: DeployOrder): string {
  const before = readOrder(folder);
  const wishes = [before?.wanted === 'running' ? before.release : null, before?.lastGood ?? null];
  const found = wishes.find((name) => name !== null && hasRelease(folder.releases, name));
  if (found) return found;
  throw new TurboError('project.incomplete', `Nothing of the project in ${directory} was deployed yet.`, {
    hint: 'turbobackend deploy builds it, proves it and starts it.',
  });
}

async function replaceBy(
  chooseRelease: () => Promise<string>,
  folder: StateFolder,
  order: DeployOrder,
  ports: PortBook,
  settings: LaunchSettings,
): Promise<void> {
  const before = readOrder(folder);
  keepServerWithoutDotEnv(folder, order, before);
  try {
    const release = await chooseRelease();
    const trouble = await launchAnew(folder, { ...order, release }, ports, settings);
    if (trouble === null) return;
    const isWorthIt = before?.lastGood && before.wanted !== 'stopped' && !isSameBuild(before.lastGood, release);
    const isBack = isWorthIt
      ? await fallBack(folder, { ...before, directory: order.directory }, ports, settings)
      : false;
    throw unhealthy(order.directory, trouble, isBack && before ? before.port : null);
  } finally {
    const now = readOrder(folder);
    await sweepReleases(folder.releases, [now?.release, now?.lastGood]);
  }
}

/** Writes the wish, then ends what lives: a supervisor that is just coming up reads the wish after it shows itself. */
export async function halt(folder: StateFolder, wanted: 'halted' | 'stopped'): Promise<boolean> {
  const seen = livePair(readState(folder));
  const order = readOrder(folder);
  if (order) writeJson(folder.order, { ...order, wanted, generation: `${order.generation}-${wanted}` });
  const pair: LivePair = livePair(readState(folder));
  const wasRunning = isRunning(seen) || isRunning(pair);
  if (wasRunning) await endProcesses(folder, order?.graceMs ?? 10_000);
  return wasRunning;
}

/** A server that works knows settings that no new one would get: it is not given up for a start that must fail. */
function keepServerWithoutDotEnv(folder: StateFolder, order: DeployOrder, before: SupervisorOrder | null): void {
  const runs = before?.wanted === 'running' && livePair(readState(folder)).server !== null;
  if (!runs || !before.hadDotEnv || hasDotEnv(order.directory)) return;
  const message = `The backend in ${order.directory} was not replaced: its .env is gone. What runs at port ${before.port} was left as it is.`;
  throw new TurboError('deploy.unhealthy', message, {
    hint: 'turbobackend provision, which writes it again; then: turbobackend deploy',
    details: { port: before.port, servesPrevious: true },
  });
}

async function launchAnew(
  folder: StateFolder,
  order: DeployOrder & { readonly release: string },
  ports: PortBook,
  settings: LaunchSettings,
): Promise<Trouble | null> {
  const { projectId, directory, release } = order;
  for (let attempt = 1; ; attempt += 1) {
    const before = readOrder(folder);
    const { server } = livePair(readState(folder));
    const own = server ? (before?.port ?? null) : null;
    const port = await reservePort(ports, { projectId, wanted: order.port, last: before?.port, own });
    // The old one first: both cannot have the port, and a half-started new one must not answer beside the old.
    await halt(folder, 'halted');
    const lastGood = before?.lastGood ?? null;
    const trouble = await launch(folder, { projectId, directory, port, release, lastGood }, settings);
    // Somebody who does not read our book of ports took a freely chosen one in between: choose again.
    const wasSnatched = order.port === undefined && attempt < MAX_ATTEMPTS && trouble && !(await isFree(port));
    if (!wasSnatched) return trouble;
  }
}

/** True when the last good release serves again, where it did before. */
async function fallBack(
  folder: StateFolder,
  before: SupervisorOrder,
  ports: PortBook,
  settings: LaunchSettings,
): Promise<boolean> {
  const { projectId, directory, port, lastGood } = before;
  if (lastGood === null) return false;
  try {
    await reservePort(ports, { projectId, wanted: port, last: port, own: null });
    const healthDeadlineMs = Math.min(settings.tuning.healthDeadlineMs, FALLBACK_DEADLINE_MS);
    const patience = { ...settings, tuning: { ...settings.tuning, healthDeadlineMs } };
    return (await launch(folder, { projectId, directory, port, release: lastGood, lastGood }, patience)) === null;
  } catch {
    // What is reported is why the new one failed; that nothing runs is said beside it.
    return false;
  }
}

function unhealthy(directory: string, { reason, log }: Trouble, port: number | null): TurboError {
  const now =
    port === null ? 'Nothing runs now.' : `The version before it is serving again at http://127.0.0.1:${port}.`;
  const shown = log.length > 0 ? `\nIts log says:\n${log.map((line) => `  ${line}`).join('\n')}` : '';
  const lacksSettings = !hasDotEnv(directory) && log.some((line) => line.includes('DATABASE_URL'));
  const hint = lacksSettings
    ? 'turbobackend provision, which writes the missing .env; then: turbobackend deploy'
    : 'turbobackend logs shows more; when it is mended: turbobackend deploy';
  return new TurboError('deploy.unhealthy', `The backend in ${directory} did not start: ${reason}. ${now}${shown}`, {
    hint,
    details: { servesPrevious: port !== null, log },
  });
}
