import { TurboError } from '../domain/errors.ts';
import type { RemoteMachines } from '../ports/remote-machine.ts';
import type { Needs } from '../ports/services.ts';
import { quoted, type SandboxPlace } from './workspace-files.ts';

const HEALTHY_MS = 60_000;
const POLL_MS = 500;
const PROGRAM = '.output/server/index.mjs';

/** A sandbox that runs. */
export interface Inside {
  readonly machines: RemoteMachines;
  readonly id: string;
  readonly name: string;
}

/**
 * Starts what was built in place of what runs, and waits until it is healthy as seen from outside. Gives back where that
 * is. Throws `deploy.unhealthy` with the end of its log.
 */
export async function serveInside(
  { machines, id, name }: Inside,
  { project, root }: SandboxPlace,
  port: number,
  hasDatabase: boolean,
  sum: string,
  { http, clock }: Needs<'http' | 'clock'>,
): Promise<string> {
  const [session, note] = [`backend-${sum.slice(0, 12)}`, quoted(`${root}/backend.pid`)];
  // Before the new one is started: the old one would answer for it.
  await machines.run(id, endOther(note, session), { isRepeatable: true });
  const script = `echo $$ ${session} > ${note}\nexec node ${hasDatabase ? '--env-file=.env ' : ''}${PROGRAM}`;
  const environment = { HOST: '0.0.0.0', PORT: String(port) };
  await machines.startProcess(id, session, script, { cwd: project, environment });
  const { url, headers } = await machines.previewUrl(id, port);
  const end = clock.elapsedMs() + HEALTHY_MS;
  for (;;) {
    const answer = await http.request('GET', `${url}/health`, { headers }).catch(() => null);
    if (answer?.status === 200) return url;
    if (clock.elapsedMs() > end) break;
    await clock.sleep(POLL_MS);
  }
  const log = (await machines.processLog(id, session)).trim().split('\n').slice(-20).join('\n');
  throw new TurboError('deploy.unhealthy', `The backend in sandbox ${name} does not become healthy.\n${log}`, {
    hint: 'Look at the end of its log above; then the same command again.',
  });
}

/**
 * Ends the backend that the note names unless it is this session's. Numbers of processes begin anew when a sandbox was
 * stopped, so it is ended only when it is a backend.
 */
function endOther(note: string, session: string): string {
  const isRunning = `grep -aq ${PROGRAM} "/proc/$old/cmdline" 2> /dev/null`;
  return [
    `read -r old whose 2> /dev/null < ${note} || exit 0`,
    `[ "$whose" != ${session} ] && ${isRunning} || exit 0`,
    'kill "$old"',
    'count=0',
    `while ${isRunning} && [ "$count" -lt 100 ]; do count=$((count + 1)); sleep 0.1; done`,
    `if ${isRunning}; then kill -9 "$old"; fi`,
  ].join('\n');
}
