import { TurboError } from '../domain/errors.ts';
import { stripInvisible } from '../domain/request.ts';
import type { RemoteMachines } from '../ports/remote-machine.ts';
import type { Needs } from '../ports/services.ts';
import { quoted, type SandboxPlace } from './workspace-files.ts';

const HEALTHY_MS = 60_000;
const POLL_MS = 500;

/** A sandbox that runs. */
export interface Inside {
  readonly machines: RemoteMachines;
  readonly id: string;
  readonly name: string;
}

interface ServeOrder {
  readonly projectId: string;
  readonly place: SandboxPlace;
  readonly hasDatabase: boolean;
  /** Of everything that it is made of. */
  readonly sum: string;
}

/**
 * Starts what was built in place of what runs, and waits until it is healthy as seen from outside. Gives back where that
 * is. Throws `deploy.unhealthy` with the end of its log.
 */
export async function serveInside(
  { machines, id, name }: Inside,
  { projectId, place, hasDatabase, sum }: ServeOrder,
  { http, clock }: Needs<'http' | 'clock'>,
): Promise<{ readonly url: string; readonly port: number }> {
  const session = `backend-${sum.slice(0, 12)}`;
  // Before the new one is started: the old one would answer for it.
  const way = await machines.run(id, `node make-way.mjs ${session} ${projectId}`, {
    cwd: place.tools,
    isRepeatable: true,
  });
  const port = Number(way.output.trim());
  if (way.exitCode !== 0 || !Number.isInteger(port)) throw unhealthy(name, way.output);
  const note = quoted(`${place.root}/backend.json`);
  const script = [
    `printf '{"pid":%d,"session":"%s","port":%d}' $$ ${session} ${port} > ${note}`,
    `exec node ${hasDatabase ? '--env-file=.env ' : ''}.output/server/index.mjs`,
  ].join('\n');
  const environment = { HOST: '0.0.0.0', PORT: String(port) };
  await machines.startProcess(id, session, script, { cwd: place.project, environment });
  const { url, headers } = await machines.previewUrl(id, port);
  const end = clock.elapsedMs() + HEALTHY_MS;
  while (clock.elapsedMs() < end) {
    const answer = await http.request('GET', `${url}/health`, { headers }).catch(() => null);
    if (answer?.status === 200) return { url, port };
    await clock.sleep(POLL_MS);
  }
  throw unhealthy(name, await machines.processLog(id, session));
}

function unhealthy(name: string, log: string): TurboError {
  const end = stripInvisible(log).trim().split('\n').slice(-20).join('\n');
  return new TurboError('deploy.unhealthy', `The backend in sandbox ${name} does not become healthy.\n${end}`, {
    hint: 'Look at the end of its log above; then the same command again.',
  });
}
