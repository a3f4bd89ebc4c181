import { hostname } from 'node:os';
import pg from 'pg';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { dbosRuns } from '../../../src/adapters/runs/dbos/dbos-runs.ts';
import type { Step } from '../../../src/ports/runs.ts';
import { startCluster } from '../../support/global-cluster.ts';

/** Looking at runs, cancelling them, and losing them: what other machines see and do. */

const cluster = inject('cluster');
const database = `run_records_${process.pid}_${Date.now()}`;
const login = { ...cluster, database };
const runs = dbosRuns({ login: async () => login, schema: 'test_runs' });

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

/** Holds a project's lock as another machine would; gives back what ends it. */
async function holdElsewhere(projectId: string): Promise<() => Promise<void>> {
  const client = await connect(database, 'turbobackend run 4711@elsewhere');
  const { rows } = await client.query('select pg_try_advisory_lock(hashtextextended($1, 0)) as got', [
    `turbobackend:run:${projectId}`,
  ]);
  expect(rows).toEqual([{ got: true }]);
  return () => client.end();
}

/** Two steps; the first one waits until the test lets it go on, and does `meanwhile` first. */
function twoSteps(ran: string[], meanwhile: () => Promise<void>) {
  return async (step: Step) => {
    await step('one', async () => {
      ran.push('one');
      await meanwhile();
    });
    return step('two', async () => {
      ran.push('two');
      return 'done';
    });
  };
}

/** What kill -9 leaves: a run that is not at its end, and a lock that nobody has. */
async function interrupt(projectId: string): Promise<void> {
  await runs.execute(projectId, (step) => step('one', async () => 1));
  await admin(database, `update test_runs.workflow_status set status = 'PENDING' where workflow_uuid = $1`, [
    `create:${projectId}`,
  ]);
}

test('where nothing ever ran there are no runs, and looking makes nothing', async () => {
  const elsewhere = dbosRuns({ login: async () => ({ ...login, database: `${database}_missing` }), schema: 'none' });
  const empty = dbosRuns({ login: async () => login, schema: 'never_made' });
  for (const unused of [elsewhere, empty]) {
    expect(await unused.list()).toEqual([]);
    expect(await unused.find('anything')).toBeNull();
    await expect(unused.cancel('anything')).rejects.toMatchObject({ code: 'run.not_found' });
  }
  await empty.forget('anything');
  expect(await admin(database, `select 1 from pg_namespace where nspname = 'never_made'`)).toEqual([]);
});

test('tables that a cut first launch left without their columns hold no runs', async () => {
  await admin(database, 'create schema half_made');
  await admin(database, 'create table half_made.workflow_status (workflow_uuid text primary key, status text)');
  const half = dbosRuns({ login: async () => login, schema: 'half_made' });
  expect(await half.list()).toEqual([]);
  expect(await half.find('anything')).toBeNull();
  await expect(half.cancel('anything')).rejects.toMatchObject({ code: 'run.not_found' });
  await half.forget('anything');
});

test('a live run names its process, and its finished steps', async () => {
  let seen: unknown;
  const body = async (step: Step) => {
    await step('one', async () => 1);
    await step('two', async () => {
      seen = await runs.find('live');
    });
  };
  await runs.execute('live', body);
  expect(seen).toMatchObject({
    state: 'running',
    holder: { pid: process.pid, host: hostname().slice(0, 36), since: expect.any(Number) },
    steps: [{ name: 'one', error: null }],
  });
  expect(await runs.find('live')).toMatchObject({
    state: 'done',
    holder: null,
    steps: [{ name: 'one' }, { name: 'two' }],
  });
});

test('a run is interrupted when nobody has it, and failed when a step failed', async () => {
  await interrupt('cut');
  const failing = runs.execute('bad', (step) => step('one', () => Promise.reject(new Error('disk \u001b[31mfull'))));
  await expect(failing).rejects.toThrow('full');
  const states = (await runs.list()).map(({ projectId, state }) => [projectId, state]);
  expect(states).toContainEqual(['cut', 'interrupted']);
  expect(states).toContainEqual(['bad', 'failed']);
  expect(await runs.find('bad')).toMatchObject({ steps: [{ name: 'one', error: expect.stringContaining('full') }] });
});

test('a process that has the lock and has written nothing yet is running', async () => {
  const release = await holdElsewhere('begun');
  expect(await runs.find('begun')).toMatchObject({
    state: 'running',
    holder: { pid: 4711, host: 'elsewhere' },
    startedAt: null,
    steps: [],
  });
  await release();
  expect(await runs.find('begun')).toBeNull();
});

test('another database’s lock of the same name is not this run’s', async () => {
  const client = await connect('postgres', 'turbobackend run 4711@elsewhere');
  await client.query(`select pg_advisory_lock(hashtextextended('turbobackend:run:namesake', 0))`);
  try {
    expect(await runs.find('namesake')).toBeNull();
    expect(await runs.execute('namesake', async () => 1)).toBe(1);
  } finally {
    await client.end();
  }
});

test('a live run stops at the end of the step in which it was cancelled, and goes on there later', async () => {
  const ran: string[] = [];
  let answer: unknown;
  const cancelled = runs.execute(
    'stopped',
    twoSteps(ran, async () => {
      answer = await runs.cancel('stopped');
    }),
  );
  await expect(cancelled).rejects.toMatchObject({ code: 'run.cancelled', hint: expect.stringContaining('resume') });
  expect(answer).toMatchObject({ state: 'cancelled', holder: { pid: process.pid } });
  expect(ran).toEqual(['one']);
  expect(await runs.find('stopped')).toMatchObject({ state: 'cancelled', holder: null });
  expect(
    await runs.execute(
      'stopped',
      twoSteps(ran, async () => {}),
    ),
  ).toBe('done');
  expect(ran).toEqual(['one', 'one', 'two']);
});

test('of steps side by side, a cancelled run waits for all and starts no more', async () => {
  const ran: string[] = [];
  let slowEnded = false;
  const body = async (step: Step) => {
    const both = await Promise.allSettled([
      step('quick', async () => void (await runs.cancel('side'))),
      step('slow', async () => {
        await new Promise((next) => setTimeout(next, 1500));
        slowEnded = true;
      }),
    ]);
    for (const result of both) if (result.status === 'rejected') throw result.reason;
    await step('after', async () => void ran.push('after'));
  };
  await expect(runs.execute('side', body)).rejects.toMatchObject({ code: 'run.cancelled' });
  expect([slowEnded, ran]).toEqual([true, []]);
});

test('cancelling an interrupted run marks it, twice is once, and it is taken up again', async () => {
  await interrupt('marked');
  expect(await runs.cancel('marked')).toMatchObject({ state: 'cancelled', holder: null });
  expect(await runs.cancel('marked')).toMatchObject({ state: 'cancelled', holder: null });
  expect(await runs.execute('marked', (step) => step('one', async () => 2))).toBe(1);
  expect(await runs.find('marked')).toMatchObject({ state: 'done' });
});

test('a run that has ended is not cancelled, and that is said', async () => {
  await runs.execute('ended', async () => 1);
  await expect(runs.cancel('ended')).rejects.toMatchObject({ code: 'run.finished', details: { state: 'done' } });
  await expect(runs.execute('fell', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  await expect(runs.cancel('fell')).rejects.toMatchObject({ code: 'run.finished', details: { state: 'failed' } });
});

test.each(['PENDING', 'CANCELLED'])('a run cut (%s) after a step had failed runs that step again', async (status) => {
  const id = `cut-late-${status}`;
  let broken = true;
  const body = (step: Step) =>
    step('one', async () => {
      if (broken) throw new Error('no space left');
      return 'fine';
    });
  await expect(runs.execute(id, body)).rejects.toThrow('no space left');
  await admin(database, 'update test_runs.workflow_status set status = $1 where workflow_uuid = $2', [
    status,
    `create:${id}`,
  ]);
  broken = false;
  expect(await runs.execute(id, body)).toBe('fine');
});

/** Ends the connection that holds the lock, as a restart of the server does. */
const cutLock = () =>
  admin(
    database,
    `select pg_terminate_backend(pid, 5000) from pg_stat_activity where application_name like $1 and datname = $2`,
    [`turbobackend run ${process.pid}%`, database],
  );

test('a lock that was lost is taken again before the next step', async () => {
  const ran: string[] = [];
  const body = async (step: Step) => {
    await step('one', async () => {
      ran.push('one');
      await cutLock();
    });
    return step('two', async () => {
      ran.push('two');
      return (await runs.find('regained'))?.holder?.pid;
    });
  };
  expect(await runs.execute('regained', body)).toBe(process.pid);
  expect(ran).toEqual(['one', 'two']);
});

test('a lock that somebody else took meanwhile ends the run, and its record is not touched', async () => {
  const ran: string[] = [];
  let release = async () => {};
  const lost = runs.execute(
    'taken',
    twoSteps(ran, async () => {
      await cutLock();
      release = await holdElsewhere('taken');
    }),
  );
  await expect(lost).rejects.toMatchObject({ code: 'run.locked', details: { pid: 4711, host: 'elsewhere' } });
  expect(ran).toEqual(['one']);
  expect(await runs.find('taken')).toMatchObject({ state: 'running', steps: [{ name: 'one', error: null }] });
  await release();
  expect(
    await runs.execute(
      'taken',
      twoSteps(ran, async () => {}),
    ),
  ).toBe('done');
  expect(ran).toEqual(['one', 'two']);
});

test('a run that somebody else has resumed meanwhile records nothing of ours', async () => {
  const ran: string[] = [];
  let release = async () => {};
  const lost = runs.execute(
    'overtaken',
    twoSteps(ran, async () => {
      await cutLock();
      release = await holdElsewhere('overtaken');
      await admin(database, `update test_runs.workflow_status set owner_xid = 'another' where workflow_uuid = $1`, [
        'create:overtaken',
      ]);
    }),
  );
  await expect(lost).rejects.toMatchObject({ code: 'run.locked', details: { pid: 4711 } });
  expect((await runs.find('overtaken'))?.steps).toEqual([]);
  await release();
});

test('a database that goes away for good ends the run, and says so', async () => {
  const server = await startCluster();
  const gone = dbosRuns({
    login: async () => ({ ...server.cluster, database: 'postgres' }),
    schema: 'test_runs',
    patience: { engineMs: 300, serverMs: 500, watchMs: 100 },
  });
  const body = async (step: Step) => {
    await step('one', () => server.stop());
    return step('two', async () => 'never');
  };
  await expect(gone.execute('gone', body)).rejects.toMatchObject({ code: 'cluster.unreachable' });
});

test('a name with a quote or a wildcard is only a name', async () => {
  for (const id of [`o'hara`, '100%', '__', 'a"b; drop table x']) {
    await runs.execute(id, async (step) => step('one', async () => 1));
    expect(await runs.find(id)).toMatchObject({ projectId: id, state: 'done' });
  }
});

test('what must not happen under a live run is refused, and keeps runs from beginning', async () => {
  const release = await holdElsewhere('busy');
  let done = 0;
  const work = async () => {
    done += 1;
    await runs.forget('busy');
    return runs.find('busy');
  };
  await expect(runs.whileIdle('busy', work)).rejects.toMatchObject({ code: 'run.locked', details: { pid: 4711 } });
  expect(done).toBe(0);
  await release();
  expect(await runs.whileIdle('busy', work)).toMatchObject({ holder: { pid: process.pid } });
  expect(await runs.find('busy')).toBeNull();
});

test('no connection is left by looking, cancelling and forgetting', async () => {
  await interrupt('last');
  await runs.list();
  await runs.cancel('last');
  await runs.forget('last');
  expect(await runs.find('last')).toBeNull();
  const left = `select application_name from pg_stat_activity where datname = '${database}' and pid <> pg_backend_pid()`;
  // The server takes a moment to end what was hung up.
  await expect.poll(() => admin(database, left)).toEqual([]);
});
