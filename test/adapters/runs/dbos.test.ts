import pg from 'pg';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { dbosRuns } from '../../../src/adapters/runs/dbos/dbos-runs.ts';
import type { Step } from '../../../src/ports/runs.ts';

const cluster = inject('cluster');
const database = `runs_test_${process.pid}_${Date.now()}`;
const runs = dbosRuns({ login: async () => ({ ...cluster, database }), schema: 'test_runs' });

const admin = async (name: string, sql: string) => {
  const client = new pg.Client({ ...cluster, database: name });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
};

beforeAll(() => admin('postgres', `create database ${database}`));
afterAll(async () => {
  await runs.close();
  await admin('postgres', `drop database ${database} with (force)`);
});

/** A run of four steps, two of them side by side, that notes what really ran and can be told to fail. */
function story(ran: string[], failing: () => string | null = () => null) {
  const work = (name: string) => async () => {
    ran.push(name);
    if (failing() === name) throw new Error(`${name} failed`);
    return name.length;
  };
  return async (step: Step) => {
    const first = await step('one', work('one'));
    const both = await Promise.allSettled([step('three', work('three')), step('four', work('four'))]);
    const bad = both.find((result) => result.status === 'rejected');
    if (bad) throw bad.reason;
    return first + (await step('sixth', work('sixth')));
  };
}

test('a finished run is read back, and nothing of it runs again', async () => {
  const ran: string[] = [];
  expect(await runs.execute('read-back', story(ran))).toBe(8);
  expect(await runs.execute('read-back', story(ran))).toBe(8);
  expect(ran.toSorted()).toEqual(['four', 'one', 'sixth', 'three']);
});

test('a run that failed goes on at the failed step, and the error is the step’s own', async () => {
  const ran: string[] = [];
  const error = new Error('no space left');
  let broken = true;
  const body = async (step: Step) => {
    await step('one', async () => void ran.push('one'));
    return step('two', async () => {
      ran.push('two');
      if (broken) throw error;
      return 'done';
    });
  };
  await expect(runs.execute('failed', body)).rejects.toBe(error);
  broken = false;
  expect(await runs.execute('failed', body)).toBe('done');
  expect(ran).toEqual(['one', 'two', 'two']);
});

test('of steps side by side, a failure repeats none that came before them', async () => {
  const ran: string[] = [];
  let failing: string | null = 'three';
  await expect(
    runs.execute(
      'side',
      story(ran, () => failing),
    ),
  ).rejects.toThrow('three failed');
  failing = null;
  expect(
    await runs.execute(
      'side',
      story(ran, () => failing),
    ),
  ).toBe(8);
  expect(ran.filter((name) => name === 'one')).toEqual(['one']);
  expect(ran.filter((name) => name === 'three')).toEqual(['three', 'three']);
});

test('a restart runs every step again', async () => {
  const ran: string[] = [];
  await runs.execute('restart', story(ran));
  await runs.execute('restart', story(ran), { restart: true });
  expect(ran.filter((name) => name === 'one')).toEqual(['one', 'one']);
});

test('what is forgotten starts anew', async () => {
  const ran: string[] = [];
  await runs.execute('forgotten', story(ran));
  await runs.forget('forgotten');
  await runs.execute('forgotten', story(ran));
  expect(ran.filter((name) => name === 'one')).toEqual(['one', 'one']);
});

test('while one process has a run, another is told so and by whom', async () => {
  const holder = new pg.Client({ ...cluster, database, application_name: 'turbobackend run 4711' });
  await holder.connect();
  await holder.query("select pg_advisory_lock(hashtextextended('turbobackend:run:held', 0))");
  try {
    await expect(runs.execute('held', async () => 1)).rejects.toMatchObject({
      code: 'run.locked',
      details: { pid: 4711, host: null },
    });
    await expect(runs.forget('held')).rejects.toMatchObject({ code: 'run.locked' });
  } finally {
    await holder.end();
  }
  expect(await runs.execute('held', async () => 1)).toBe(1);
});

test('no connection is left when a run has ended', async () => {
  await runs.execute('clean', async (step) => step('one', async () => 1));
  const left = await admin('postgres', `select application_name from pg_stat_activity where datname = '${database}'`);
  expect(left).toEqual([]);
});
