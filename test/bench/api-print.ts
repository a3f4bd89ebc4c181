/** The tables that `bench:api` prints. */
import type { Build, Contender } from './api-contenders.ts';
import type { Load } from './api-load.ts';
import { KINDS, type Kind } from './api-requests.ts';

export interface Reading extends Load {
  /** CPU of the server for one request, in microseconds; and of PostgreSQL. */
  readonly cpuUs: number;
  readonly databaseUs: number;
}

/** By `<server> <kind>`, one for each round. */
export type Readings = Map<string, Reading[]>;

const GOALS: Readonly<Record<string, Partial<Record<Kind, number>>>> = {
  'node:http': { get: 1.2, list: 1.2, create: 1 },
  fastify: { get: 1.5, list: 1.5 },
};

export const print = (text: string): void => void process.stdout.write(`${text}\n`);

const middle = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

const cell = (value: number, digits = 0): string => (Number.isNaN(value) ? '-' : value.toFixed(digits)).padStart(9);

/** What all servers did, kind by kind; ratios are the middle ones of those within a round. */
export function printReadings(names: readonly string[], readings: Readings): void {
  const [ours = ''] = names;
  for (const kind of KINDS) {
    print(
      `\n${kind.padEnd(20)}    req/s   p50 ms   p99 ms   CPU us    PG us   ours against it: req/s (goal), CPU, CPU with PG`,
    );
    const mine = readings.get(`${ours} ${kind}`) ?? [];
    for (const name of names) {
      const own = readings.get(`${name} ${kind}`) ?? [];
      const value = (pick: (reading: Reading) => number) => middle(own.map(pick));
      const ratio = (pick: (its: Reading, our: Reading) => number) =>
        middle(own.flatMap((its, round) => (mine[round] ? [pick(its, mine[round])] : [])));
      const goal = GOALS[name]?.[kind];
      const ratios = [
        cell(
          ratio((its, our) => our.perSecond / its.perSecond),
          2,
        ),
        (goal ? `(${goal.toFixed(1)})` : '').padEnd(6),
        cell(
          ratio((its, our) => its.cpuUs / our.cpuUs),
          2,
        ),
        cell(
          ratio((its, our) => (its.cpuUs + its.databaseUs) / (our.cpuUs + our.databaseUs)),
          2,
        ),
      ];
      const numbers = [
        cell(value(({ perSecond }) => perSecond)),
        cell(
          value(({ p50Ms }) => p50Ms),
          2,
        ),
        cell(
          value(({ p99Ms }) => p99Ms),
          2,
        ),
        cell(value(({ cpuUs }) => cpuUs)),
        cell(value(({ databaseUs }) => databaseUs)),
      ];
      print(`  ${name.padEnd(18)}${numbers.join('')}${name === ours ? '' : ratios.join(' ')}`);
    }
  }
}

export interface Stock {
  readonly build: Build;
  readonly starts: readonly Contender[];
  readonly idleMb: number;
  readonly loadMb: number;
}

/** What the servers cost apart from requests. */
export function printStock(stocks: readonly Stock[]): void {
  print('\nserver              start ms  (least)   CPU ms  idle MB  load MB build ms output MB');
  for (const { build, starts, idleMb, loadMb } of stocks) {
    const times = starts.map(({ startMs }) => startMs);
    const numbers = [
      cell(middle(times)),
      cell(Math.min(...times)),
      cell(middle(starts.map(({ startCpuMs }) => startCpuMs))),
      cell(idleMb, 1),
      cell(loadMb, 1),
      cell(build.buildMs),
      cell(build.outputMb, 2),
    ];
    print(`  ${build.name.padEnd(18)}${numbers.join('')}`);
  }
  print('goals of ours: start <= 300 ms, idle <= 90 MB, output <= 5 MB');
}
