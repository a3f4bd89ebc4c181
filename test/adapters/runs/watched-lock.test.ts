import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { dbosRuns } from '../../../src/adapters/runs/dbos/dbos-runs.ts';
import type { Step } from '../../../src/ports/runs.ts';

/** The lock of a run is watched while a step runs: whoever gets it meanwhile would run that step as well. */

const cluster = inject('cluster');
const database = `run_watch_${process.pid}_${Date.now()}`;
const login = { ...cluster, database };
const patience = { engineMs: 10_000, serverMs: 5_000, watchMs: 100 };
const runs = dbosRuns({ login: async () => login, schema: 'test_runs', patience });

async function connect(name: string, applicationName = 'test'): Promise<pg.Client> {
  const client = new pg.Client({ ...cluster, database: name, application_name: applicationName });
  client.on('error', () => {});
  await client.connect();
  return client;
}

async function admin(name: string, sql: string, values: readonly unknown[] = []) {
  const client = await connect(name);
  try {
    return (await client.query(sql, [...values])).rows;
  } finally {
    await client.end();
  }
}

beforeAll(() => admin('postgres', `create database ${database}`));
afterAll(async () => {
  await runs.close();
  await admin('postgres', `drop database ${database} with (force)`);
});

const CUT = `select pg_terminate_backend(pid, 5000) from pg_stat_activity
  where application_name like 'turbobackend run %@%' and application_name not like '% 4711@%' and datname = $1`;

/** Another machine, which stands in line when the holder's connection is cut: the only way to be sure of being first. */
async function snatch(projectId: string): Promise<() => Promise<void>> {
  const client = await connect(database, 'turbobackend run 4711@elsewhere');
  await client.query("set statement_timeout = '10s'");
  const standing = client.query('select pg_advisory_lock(hashtextextended($1, 0))', [`turbobackend:run:${projectId}`]);
  const inLine = "select 1 from pg_locks where locktype = 'advisory' and not granted";
  await expect.poll(() => admin(database, inLine)).toHaveLength(1);
  await admin(database, CUT, [database]);
  await standing;
  return () => client.end();
}

test('a lock that is lost in the middle of a step and free is taken again in the middle of it', async () => {
  let ran = 0;
  const body = async (step: Step) =>
    step('one', async () => {
      ran += 1;
      await admin(database, CUT, [database]);
      const holder = async () => (await runs.find('regained'))?.holder?.pid;
      await expect.poll(holder).toBe(process.pid);
      return 'done';
    });
  expect(await runs.execute('regained', body)).toBe('done');
  expect(ran).toBe(1);
});

test('a run whose lock is taken in the middle of a step ends there, and that step leaves nothing in the record', async () => {
  let release = async () => {};
  let letGo = () => {};
  const worked = new Promise<void>((done) => {
    letGo = done;
  });
  let ended = false;
  const body = async (step: Step) => {
    await step('one', async () => {
      release = await snatch('taken');
      await worked;
      ended = true;
      return 'too late';
    });
    return step('two', async () => 'never');
  };
  await expect(runs.execute('taken', body)).rejects.toMatchObject({ code: 'run.locked', details: { pid: 4711 } });
  expect(ended).toBe(false);
  letGo();
  await expect.poll(() => ended).toBe(true);
  await sleep(200);
  expect(await runs.find('taken')).toMatchObject({ state: 'running', holder: { pid: 4711 }, steps: [] });
  await release();
  expect(await runs.execute('taken', async (step) => step('one', async () => 'again'))).toBe('again');
});

test('of two processes only the one with the lock records the step', async () => {
  const root = join(import.meta.dirname, '../../..');
  const args = ['--import', './.config/typescript.mjs', fileURLToPath(new URL('./long-step.ts', import.meta.url))];
  const child = spawn(process.execPath, args, {
    cwd: root,
    env: { PATH: process.env.PATH, LOGIN: JSON.stringify(login) },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const closed = once(child, 'close');
  try {
    const said: string[] = [];
    child.stdout.setEncoding('utf8').on('data', (text: string) => said.push(...text.trim().split('\n')));
    await expect.poll(() => said).toContain('begun');
    const release = await snatch('long');
    await expect.poll(() => said.find((line) => line.includes('"end"'))).toContain('run.locked');
    expect(said).not.toContain('worked');
    await release();
    expect(await runs.execute('long', (step) => step('one', async () => 'of the second'))).toBe('of the second');
    child.stdin.end();
    await closed;
    expect(await runs.find('long')).toMatchObject({ state: 'done', steps: [{ name: 'one', error: null }] });
    expect(await runs.execute('long', (step) => step('one', async () => 'no'))).toBe('of the second');
  } finally {
    child.kill('SIGKILL');
    await closed;
  }
});
