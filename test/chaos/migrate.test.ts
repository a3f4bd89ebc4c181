import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { makeProjectDatabase, type ProjectDatabase } from '../support/project-database.ts';
import { empty } from './migrate-files.ts';
import { newMigrateTally, playControl, playRound, type Runners, startRunners, undisturbedMs } from './migrate-run.ts';

/** The short version of `npm run chaos:migrate`: a few kills, and the control. */
let runners: Runners;
let database: ProjectDatabase;

beforeAll(async () => {
  runners = await startRunners();
  database = await makeProjectDatabase(inject('cluster'));
});
afterAll(async () => {
  runners.close();
  await database.drop();
});

test('killed at moments of chance, forth and back, every effect is there exactly once', async () => {
  const tally = newMigrateTally();
  await empty(database);
  const times = {
    up: await undisturbedMs(runners, 'up', database),
    down: await undisturbedMs(runners, 'down', database),
  };
  while (tally.kills < 4 && tally.violations.length === 0) await playRound({ database, runners, tally, times });
  expect(tally.violations).toEqual([]);
});

test('the naive runner, killed the same way, does fail: the measure can tell', async () => {
  expect(await playControl(runners, database, 8)).toBeGreaterThan(0);
});
