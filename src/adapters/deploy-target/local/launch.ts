import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { accessSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { TurboError } from '../../../domain/errors.ts';
import { endProcesses, livePair } from './end-processes.ts';
import { findPortOwner } from './port-owner.ts';
import { probeHealth } from './probe-health.ts';
import { signal } from './process-identity.ts';
import { readLog } from './read-log.ts';
import { readDotEnv, SERVER_ENTRY } from './server-files.ts';
import { readState, type StateFolder, type SupervisorOrder, writeJson } from './state-files.ts';

export interface LaunchSettings {
  readonly supervisorPath: string;
  readonly nodePath: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly tuning: { readonly healthDeadlineMs: number } & Pick<SupervisorOrder, 'graceMs' | 'restart' | 'log'>;
}

const POLL_MS = 15;
const PROBE_TIMEOUT_MS = 2000;
const LOG_LINES = 20;

/** Throws `build.failed` when there is nothing to run. */
export function requireBuild(directory: string): void {
  try {
    accessSync(join(directory, SERVER_ENTRY));
  } catch {
    throw new TurboError('build.failed', `There is no built server in ${directory}: ${SERVER_ENTRY} is missing.`, {
      hint: 'turbobackend deploy builds and starts it.',
    });
  }
}

/** Starts a supervisor and waits until its server is healthy; otherwise nothing of it stays and `deploy.unhealthy` is thrown. */
export async function launch(
  folder: StateFolder,
  wish: { readonly projectId: string; readonly directory: string; readonly port: number },
  settings: LaunchSettings,
): Promise<void> {
  const { healthDeadlineMs, ...tuning } = settings.tuning;
  const order: SupervisorOrder = {
    wanted: 'running',
    generation: randomBytes(8).toString('hex'),
    projectId: wish.projectId,
    directory: wish.directory,
    port: wish.port,
    nodePath: settings.nodePath,
    environment: settings.environment,
    ...tuning,
  };
  writeJson(folder.order, order);
  const supervisor = spawn(settings.nodePath, [settings.supervisorPath, folder.root], {
    cwd: folder.root,
    env: settings.environment,
    stdio: 'ignore',
    detached: true,
  });
  let refused: string | null = null;
  supervisor.once('error', (error) => {
    refused = error.message;
  });
  supervisor.once('exit', (code) => {
    if (code !== 0) refused = `the supervisor ended with exit code ${code}`;
  });
  supervisor.unref();
  const trouble = await untilHealthy(folder, order, healthDeadlineMs, () => refused);
  supervisor.removeAllListeners();
  if (trouble === null) return;
  await giveUp(folder, order);
  const lines: string[] = [];
  const hide = secretHider(wish.directory);
  for await (const line of readLog(folder.log, { lines: LOG_LINES, follow: false })) lines.push(hide(line));
  const shown = lines.length > 0 ? `\nThe end of its log:\n${lines.map((line) => `  ${line}`).join('\n')}` : '';
  throw new TurboError('deploy.unhealthy', `The backend in ${wish.directory} did not start: ${trouble}.${shown}`, {
    hint: `turbobackend logs`,
    details: { port: wish.port, log: lines },
  });
}

/** Null when `/health` answers 200 from our own server, else what went wrong. */
async function untilHealthy(
  folder: StateFolder,
  order: SupervisorOrder,
  deadlineMs: number,
  refused: () => string | null,
): Promise<string | null> {
  const deadline = performance.now() + deadlineMs;
  let last = 'nothing answered';
  while (performance.now() < deadline) {
    const state = readState(folder);
    const isOurs = state?.generation === order.generation;
    if (refused() !== null) return refused();
    if (isOurs && (state.restarts > 0 || state.status === 'failed')) return 'its process ended right after the start';
    // One that was on its way when its own command was killed; it gives the lock to ours when it is gone.
    if (state?.supervisor && !isOurs) signal(state.supervisor, 'SIGTERM', 'process');
    if (isOurs && state.server && livePair(state).server) {
      const answer = await probeHealth(order.port, Math.min(PROBE_TIMEOUT_MS, deadline - performance.now()));
      const owner = answer.status === 200 ? findPortOwner(order.port, state.server.pid) : null;
      if (owner && owner.group !== state.server.pid)
        return `port ${order.port} answers for ${owner.name} (${owner.pid})`;
      if (answer.status === 200 && livePair(readState(folder)).server) return null;
      last = answer.status === 0 ? answer.body : `GET /health answered ${answer.status} ${answer.body}`.trim();
    }
    await sleep(POLL_MS);
  }
  return `not healthy after ${deadlineMs / 1000} s (${last})`;
}

async function giveUp(folder: StateFolder, order: SupervisorOrder): Promise<void> {
  writeJson(folder.order, { ...order, wanted: 'stopped', generation: `${order.generation}-failed` });
  await endProcesses(folder, order.graceMs);
  const state = readState(folder);
  if (state) writeJson(folder.state, { ...state, status: 'failed', supervisor: null, server: null });
}

/** Log lines go into a message, where no secret may be: what stands in `.env` as one is covered. */
function secretHider(directory: string): (line: string) => string {
  const secrets = Object.entries(readDotEnv(directory))
    .filter(([name, value]) => /pass|secret|token|key|url/i.test(name) && (value?.length ?? 0) >= 6)
    .flatMap(([, value]) => value ?? []);
  return (line) => secrets.reduce((text, secret) => text.replaceAll(secret, '***'), line);
}
