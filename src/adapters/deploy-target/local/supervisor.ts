import { acquireLock } from '../../shared/process/lock-file.ts';
import { endServer, livePair } from './end-processes.ts';
import { readOrder, readState, type StateFolder, stateFolder } from './state-files.ts';
import { Supervisor } from './supervise.ts';

/** Longer than an older supervisor needs to end its server. */
const TAKEOVER_MS = 30_000;
const LOOK_MS = 200;

/**
 * A process of its own, one per running project: `node supervisor.js <state folder>`. It outlives the command that
 * started it and ends with SIGTERM, or when the server cannot be kept running.
 */
async function main(): Promise<void> {
  const [, , root] = process.argv;
  if (!root) throw new Error('usage: supervisor <state folder>');
  const folder = stateFolder(root);
  let supervisor: Supervisor | null = null;
  let isCalledOff = false;
  const stop = () => {
    isCalledOff = true;
    supervisor?.stop();
  };
  process.on('SIGTERM', stop).on('SIGINT', stop);
  process.on('SIGHUP', () => {});
  // Left alone, it opens Node's inspector.
  process.on('SIGUSR1', () => {});
  const release = await takeOver(folder, () => isCalledOff);
  if (!release) return;
  const order = readOrder(folder);
  // The server of a supervisor that was killed: it would keep the port, and be forgotten with the old state.
  if (order) await endServer(folder, order.graceMs);
  if (!order || isCalledOff) {
    release();
    return;
  }
  // Not process.exit: the last lines of the server may still be on their way into the log.
  supervisor = new Supervisor(folder, order, release);
  supervisor.start();
}

/** Waits for an older supervisor to end; null when there is nothing to do, or another does it already. */
async function takeOver(folder: StateFolder, isCalledOff: () => boolean): Promise<(() => void) | null> {
  const deadline = performance.now() + TAKEOVER_MS;
  while (performance.now() < deadline && !isCalledOff()) {
    const [order, state] = [readOrder(folder), readState(folder)];
    if (order?.wanted !== 'running') return null;
    if (state?.generation === order.generation && livePair(state).supervisor) return null;
    const release = await acquireLock(folder.supervisorLock, { waitMs: LOOK_MS });
    if (release) return release;
  }
  return null;
}

await main();
