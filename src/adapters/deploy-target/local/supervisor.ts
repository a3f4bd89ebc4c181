import { acquireLock } from './hold-lock.ts';
import { readOrder, stateFolder } from './state-files.ts';
import { Supervisor } from './supervise.ts';

/**
 * A process of its own, one per running project: `node supervisor.js <state folder>`. It outlives the command that
 * started it and ends with SIGTERM, or when the server cannot be kept running.
 */
async function main(): Promise<void> {
  const [, , root] = process.argv;
  if (!root) throw new Error('usage: supervisor <state folder>');
  const folder = stateFolder(root);
  // Removed while we were being started.
  if (!readOrder(folder)) return;
  let supervisor: Supervisor | null = null;
  let ended = false;
  const stop = () => {
    ended = true;
    supervisor?.stop();
  };
  process.on('SIGTERM', stop).on('SIGINT', stop);
  process.on('SIGHUP', () => {});
  // An older supervisor of this project may still be ending its server.
  const release = await acquireLock(folder.supervisorLock, 30_000);
  const order = readOrder(folder);
  if (!release || !order || order.wanted !== 'running' || ended) {
    release?.();
    return;
  }
  // Not process.exit: the last lines of the server may still be on their way into the log.
  supervisor = new Supervisor(folder, order, release);
  supervisor.start();
}

await main();
