import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'rolldown';
import type { ProjectDatabase } from '../support/project-database.ts';
import type { MigrateChildOrder } from './migrate-child.ts';
import { empty, FILES, FIRST, problemsOf } from './migrate-files.ts';

type Verb = MigrateChildOrder['verb'];

/** What happened in a run of rounds. */
export interface MigrateTally {
  kills: number;
  crashes: number;
  /** Runs that ended before they could be killed. */
  misses: number;
  rounds: number;
  readonly violations: string[];
}

export function newMigrateTally(): MigrateTally {
  return { kills: 0, crashes: 0, misses: 0, rounds: 0, violations: [] };
}

export interface Runners {
  /** Runs to the end, or until it is killed after some time. Gives what failed, or null when it was killed. */
  run(verb: Verb, database: ProjectDatabase, killAfterMs?: number): Promise<string | null>;
  close(): void;
}

const DEADLINE_MS = 120_000;

/** Bundles the child once and keeps some waiting, so that what is killed is the work and not its start. */
export async function startRunners(spares = 2): Promise<Runners> {
  const folder = mkdtempSync(join(tmpdir(), 'tb-chaos-migrate-'));
  const program = join(folder, 'child.mjs');
  await build({
    input: fileURLToPath(new URL('./migrate-child.ts', import.meta.url)),
    platform: 'node',
    external: ['pg-native', 'libpg-query'],
    output: { file: program, format: 'esm', codeSplitting: false },
    logLevel: 'silent',
  });
  const modules = fileURLToPath(new URL('../../node_modules', import.meta.url));
  symlinkSync(modules, join(folder, 'node_modules'));
  const alive = new Set<ChildProcess>();
  const idle: ChildProcess[] = [];
  const start = () => {
    const child = spawn(process.execPath, [program], { stdio: ['pipe', 'pipe', 'inherit'], env: {} });
    child.stdin?.on('error', () => {});
    alive.add(child);
    child.once('close', () => alive.delete(child));
    return child;
  };
  return {
    async run(verb, database, killAfterMs) {
      const child = idle.shift() ?? start();
      while (idle.length < spares) idle.push(start());
      return obey(child, { verb, files: FILES, login: database.login('mig'), to: FIRST }, killAfterMs);
    },
    close() {
      for (const child of alive) child.kill('SIGKILL');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function obey(child: ChildProcess, order: MigrateChildOrder, killAfterMs?: number): Promise<string | null> {
  const ended = new Promise<null>((resolve) => child.once('close', () => resolve(null)));
  const told = new Promise<string>((resolve) => {
    if (!child.stdout) return resolve('no output');
    createInterface({ input: child.stdout }).on('line', (line) => resolve(String(JSON.parse(line).failure)));
  });
  child.stdin?.write(`${JSON.stringify(order)}\n`);
  const kill = () => child.kill('SIGKILL');
  const timer = killAfterMs === undefined ? undefined : setTimeout(kill, killAfterMs);
  const deadline = setTimeout(kill, DEADLINE_MS);
  const failure = await Promise.race([told, ended]);
  clearTimeout(timer);
  clearTimeout(deadline);
  child.stdin?.end();
  await ended;
  return failure;
}

/** Milliseconds that it takes when nobody disturbs it: the moments to choose from. */
export async function undisturbedMs(runners: Runners, verb: Verb, database: ProjectDatabase): Promise<number> {
  const begun = performance.now();
  const failure = await runners.run(verb, database);
  if (failure !== '') throw new Error(`undisturbed ${verb}: ${failure}`);
  return performance.now() - begun;
}

export interface RoundOrder {
  readonly database: ProjectDatabase;
  readonly runners: Runners;
  readonly tally: MigrateTally;
  /** Milliseconds that a run takes, as far as is known: they follow what is seen. */
  readonly times: Record<'up' | 'down', number>;
  /** Makes PostgreSQL fall while a runner works; otherwise the runner is killed. */
  readonly crash?: () => Promise<void>;
}

/**
 * Up and back down, each of them killed up to five times at moments of chance, every third time with a second runner
 * beside it, and then run once in peace: every effect must be there exactly once.
 */
export async function playRound(order: RoundOrder): Promise<void> {
  const { database, runners, tally } = order;
  await empty(database);
  for (const direction of ['up', 'down'] as const) {
    const disturbances = order.crash ? 1 : 1 + Math.floor(Math.random() * 5);
    for (let count = 0; count < disturbances; count += 1) await disturb(direction, order);
    const failure = await runners.run(direction, database);
    const problems = failure === '' ? await problemsOf(database, direction) : [`${direction} in peace: ${failure}`];
    tally.violations.push(...problems);
    if (problems.length > 0) return;
  }
  tally.rounds += 1;
}

async function disturb(
  direction: 'up' | 'down',
  { database, runners, tally, times, crash }: RoundOrder,
): Promise<void> {
  const moment = Math.random() * times[direction];
  const second = Math.random() < 1 / 3 ? runners.run(direction, database) : null;
  if (crash) {
    const first = runners.run(direction, database);
    await sleep(moment);
    await crash();
    tally.crashes += 1;
    await first;
  } else if ((await runners.run(direction, database, moment)) === null) {
    tally.kills += 1;
    times[direction] *= 1.04;
  } else {
    tally.misses += 1;
    times[direction] *= 0.9;
  }
  // A second one may lose its connection in a crash, but nothing else.
  const failure = await second;
  if (failure && !crash) tally.violations.push(`beside a killed ${direction}: ${failure}`);
}

/** The naive runner, killed the same way: how many of its databases are not as they must be. */
export async function playControl(runners: Runners, database: ProjectDatabase, rounds: number): Promise<number> {
  await empty(database);
  const ms = await undisturbedMs(runners, 'naive', database);
  let broken = 0;
  for (let round = 0; round < rounds; round += 1) {
    await empty(database);
    await runners.run('naive', database, Math.random() * ms);
    const failure = await runners.run('naive', database);
    if (failure !== '' || (await problemsOf(database, 'up')).length > 0) broken += 1;
  }
  return broken;
}
