import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { leftoversOf } from './processes.ts';

/** Data folder of the embedded PostgreSQL of a home (TURBOBACKEND_HOME). */
export function dataFolder(turbobackendHome: string): string {
  const { folder } = JSON.parse(readFileSync(join(turbobackendHome, 'cluster.json'), 'utf8')) as { folder: string };
  return join(resolve(turbobackendHome, folder), 'instance', 'data');
}

function postmasterPid(turbobackendHome: string): number {
  return Number(readFileSync(join(dataFolder(turbobackendHome), 'postmaster.pid'), 'utf8').split('\n')[0]);
}

/** kill -9 of the embedded PostgreSQL; waits until it is gone, and its back-ends, which still answer for a moment. */
export async function killPostgres(turbobackendHome: string): Promise<void> {
  process.kill(postmasterPid(turbobackendHome), 'SIGKILL');
  const left = await leftoversOf([dataFolder(turbobackendHome)], 60_000);
  if (left.length > 0) throw new Error(`still there: ${left.map(({ command }) => command).join(', ')}`);
}
