import { setTimeout as sleep } from 'node:timers/promises';
import type { ProvidedContext } from 'vitest';
import { isTurboError } from '../../src/domain/errors.ts';
import { isTransientState } from '../../src/domain/provisioning.ts';
import { SqlError } from '../../src/ports/sql.ts';
import type { ProvisioningServices } from '../support/provisioning.ts';
import type { ChildEnd, ChildRunner, Order } from './provision-run.ts';
import type { Verb } from './provision-verbs.ts';

/** What all parts of one chaos run share: the server, the hands, and the count. */
export interface Session {
  readonly server: ProvidedContext['cluster'];
  readonly services: ProvisioningServices;
  readonly children: ChildRunner;
  readonly tally: Tally;
  /** The server falls over now: a run may fail, if it says so in our words, and a look may have to be repeated. */
  stormy: boolean;
  say(line: string): void;
  blame(where: string, problems: readonly string[]): void;
}

export interface Tally {
  runs: number;
  /** Processes killed in the middle of their work. */
  kills: number;
  /** Runs that had to bring the work to its end, and how long each took. */
  readonly recoveriesMs: number[];
  /** Commands that ran beside nineteen others. */
  atOnce: number;
  /** Runs that failed because the server fell, and said so. */
  excused: number;
  looks: number;
  readonly violations: string[];
}

export function newTally(): Tally {
  return { runs: 0, kills: 0, recoveriesMs: [], atOnce: 0, excused: 0, looks: 0, violations: [] };
}

/** How long a verb takes here and now, in milliseconds; kills are spread over that. */
const durations: Record<Verb | 'naive', number> = { provision: 300, rotate: 150, trash: 150, purge: 200, naive: 200 };

/** Kills a process in the middle of the work: at a named point, or at a moment of chance. True when it was in time. */
export async function killDuring(session: Session, order: Order): Promise<boolean> {
  const killAfterMs = order.killAt ? undefined : Math.random() * durations[order.verb];
  const end = await session.children.run(killAfterMs === undefined ? order : { ...order, killAfterMs });
  session.tally.runs += 1;
  if (end.code === null) {
    session.tally.kills += 1;
    return true;
  }
  if (end.code === 0) durations[order.verb] = durations[order.verb] * 0.7 + end.ms * 0.3;
  judge(session, `${order.verb} that was to be killed`, end);
  return false;
}

/** A run that ends by itself: with success, or while the server falls with a reason and a way out (INV8, INV10). */
export function judge(session: Session, where: string, end: Pick<ChildEnd, 'code' | 'failure'>): void {
  if (end.code === 0) return;
  if (session.stormy && !end.failure.startsWith('BUG')) session.tally.excused += 1;
  else session.blame(where, [`ended with ${end.code}: ${end.failure.slice(0, 600)}`]);
}

/** A look of the oracle; while the server falls it is taken again until it sees something. */
export async function look(session: Session, work: () => Promise<readonly string[]>): Promise<readonly string[]> {
  session.tally.looks += 1;
  for (let attempt = 0; ; attempt += 1) {
    try {
      const problems = await work();
      if (problems.length === 0 || !session.stormy || attempt > 20) return problems;
    } catch (error) {
      if (!isOutage(error) || attempt > 100) throw error;
    }
    await sleep(200);
  }
}

/** The server went away. */
export function isOutage(error: unknown): boolean {
  if (error instanceof SqlError) return isTransientState(error.state);
  return isTurboError(error) && error.code === 'cluster.unreachable';
}

export async function inParallel<T>(
  items: readonly T[],
  width: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const queue = [...items];
  const lane = async () => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: width }, lane));
}
