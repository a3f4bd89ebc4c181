import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** Data folder of the embedded PostgreSQL of a home (TURBOBACKEND_HOME). */
export function dataFolder(turbobackendHome: string): string {
  const { folder } = JSON.parse(readFileSync(join(turbobackendHome, 'cluster.json'), 'utf8')) as { folder: string };
  return join(resolve(turbobackendHome, folder), 'instance', 'data');
}

function postmasterPid(turbobackendHome: string): number {
  return Number(readFileSync(join(dataFolder(turbobackendHome), 'postmaster.pid'), 'utf8').split('\n')[0]);
}

/** kill -9 of the embedded PostgreSQL; waits until the kernel has taken it away. */
export async function killPostgres(turbobackendHome: string): Promise<void> {
  const pid = postmasterPid(turbobackendHome);
  process.kill(pid, 'SIGKILL');
  while (existsSync(`/proc/${pid}`)) await sleep(20);
}
