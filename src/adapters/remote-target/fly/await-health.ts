import type { Fly } from './context.ts';
import type { Machine } from './machine.ts';
import { showMachine } from './machines.ts';
import { recordOf, recordsOf } from './read-json.ts';

/** `why` is a sentence's end: "it ended with exit code 1". */
export type Health = { readonly isHealthy: true } | { readonly isHealthy: false; readonly why: string };

const PATIENCE_MS = 180_000;
/** From when a machine runs. */
const CHECKING_MS = 90_000;
const PAUSE_MS = 2_000;
/** A machine that ends is started again by Fly; one that is found ended so often in a row is not. */
const ENDED_LOOKS = 4;

/** Waits until a version of a machine has started and passes its checks. `onLook` is called before each look. */
export async function awaitHealth(
  fly: Fly,
  app: string,
  { id, instanceId }: Pick<Machine, 'id' | 'instanceId'>,
  onLook: () => Promise<void> = async () => {},
): Promise<Health> {
  let end = fly.time.now() + PATIENCE_MS;
  await onLook();
  await fly.api.call('GET', ['apps', app, 'machines', id, 'wait'], {
    query: { state: 'started', version: instanceId, timeout: 30 },
    timeout: 'long',
    // Not yet, or not this one any more: the look says what is.
    accept: [400, 404, 408],
  });
  for (let ended = 0, hasStarted = false; ; ) {
    await onLook();
    const machine = await showMachine(fly, app, id);
    if (!machine) return { isHealthy: false, why: 'it was destroyed' };
    if (machine.instanceId !== instanceId) return { isHealthy: false, why: 'somebody else changed it' };
    if (isHealthy(machine)) return { isHealthy: true };
    ended = machine.state === 'stopped' ? ended + 1 : 0;
    if (!hasStarted && machine.state === 'started') {
      hasStarted = true;
      end = Math.min(end, fly.time.now() + CHECKING_MS);
    }
    const isOver = machine.state === 'failed' || ended >= ENDED_LOOKS || fly.time.now() >= end;
    if (isOver) return { isHealthy: false, why: reasonOf(machine) };
    await fly.time.sleep(PAUSE_MS);
  }
}

/** Started, and every check passes. A machine whose checks nobody has looked at yet is not. */
export function isHealthy({ state, checks, config }: Machine): boolean {
  const isChecked =
    Object.keys(recordOf(config.checks)).length > 0 ||
    recordsOf(config.services).some((service) => recordsOf(service.checks).length > 0);
  const isPassing = checks.length > 0 ? checks.every(({ status }) => status === 'passing') : !isChecked;
  return state === 'started' && isPassing;
}

function reasonOf({ state, exitCode, checks }: Machine): string {
  if (state === 'stopped' && exitCode !== null) return `it ended with exit code ${exitCode}`;
  const failing = checks.find(({ status }) => status !== 'passing');
  if (state === 'started' && failing) return `its check says: ${failing.output.slice(0, 200) || failing.status}`;
  return state === 'started' ? 'its checks say nothing' : `it is ${state}`;
}
