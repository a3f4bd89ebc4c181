import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { RunRecord } from '../../src/ports/runs.ts';
import { startCluster } from '../support/global-cluster.ts';
import { lendFolder } from '../support/lend-folder.ts';
import { type RunningCli, runCli, startCli } from '../support/run-cli.ts';

/**
 * Two machines on one metadata database: homes of their own, one PostgreSQL, one master key. The clock of one is an
 * hour late, the other's is ten years ahead. A process is held with SIGSTOP, which keeps its connections.
 */

const { folder, giveBack } = lendFolder();
const projects = join(folder, 'projects');
/** Proving it is not what is tested here. */
const unproven = ['--verify', 'none'];
let server: Awaited<ReturnType<typeof startCluster>>;
let shared: Record<string, string>;

beforeAll(async () => {
  server = await startCluster();
  const { host, port, user, password } = server.cluster;
  shared = {
    DB_ADMIN_URL: `postgres://${user}:${password}@${host}:${port}/postgres`,
    TURBOBACKEND_MASTER_KEY: 'correct horse battery staple, and more',
  };
});

afterAll(async () => {
  for (const home of ['one', 'other']) await cli(home, 'destroy', join(projects, 'blog'), '--yes');
  await giveBack().finally(() => server.stop());
});

/** Moves the clock of a Node process by so many seconds before anything else is loaded. */
const shiftedClock = (seconds: number) => {
  const script = `const now = Date.now; const by = ${seconds * 1000}; const Real = Date;
    globalThis.Date = class extends Real { constructor(...a) { a.length ? super(...a) : super(now() + by); } static now() { return now() + by; } };`;
  return `--import data:text/javascript,${encodeURIComponent(script)}`;
};

const optionsOf = (home: string) => ({
  home: join(folder, home),
  cwd: folder,
  env: { ...shared, NODE_OPTIONS: shiftedClock(home === 'one' ? -3600 : 10 * 365 * 86_400) },
  timeoutMs: 120_000,
});

async function cli(home: string, ...args: string[]) {
  const { code, stdout, stderr } = await runCli([...args, '--json'], optionsOf(home));
  return { code, stderr, data: stdout === '' ? null : JSON.parse(stdout) };
}

/** Starts a create on a machine and holds it when `phase` has begun. */
async function createHeldAt(home: string, directory: string, phase: string): Promise<RunningCli> {
  const running = startCli(['create', 'blog API', ...unproven, '--dir', directory, '--json-stream'], optionsOf(home));
  await new Promise<void>((resolve, reject) => {
    const hold = () => {
      if (!running.output.stdout.includes(`"phase-started","phase":"${phase}"`)) return;
      running.child.kill('SIGSTOP');
      running.child.stdout?.off('data', hold);
      resolve();
    };
    running.child.stdout?.on('data', hold);
    running.finished.then(({ stdout }) => reject(new Error(`it ended: ${stdout}`)), reject);
  });
  return running;
}

const oneRun = async (home: string): Promise<RunRecord> => {
  const { runs } = (await cli(home, 'runs')).data as { runs: readonly RunRecord[] };
  expect(runs).toHaveLength(1);
  const [run] = runs;
  if (!run) throw new Error('no run');
  return run;
};

test('a create that runs on one machine is refused to, and shown to, every other; killed, it is taken over', async () => {
  const directory = join(projects, 'blog');
  const holder = await createHeldAt('one', directory, 'design');
  const { pid } = holder.child;
  const listed = await oneRun('other');
  expect(listed).toMatchObject({ name: 'blog-api', directory, state: 'running', holder: { pid } });
  const id = listed.projectId;
  const locked = { code: 5, data: { error: { code: 'run.locked', details: { pid, host: listed.holder?.host } } } };
  expect(await cli('other', 'resume')).toMatchObject(locked);
  expect(await cli('other', 'resume', id)).toMatchObject(locked);
  expect(await cli('other', 'create', 'blog API', ...unproven, '--dir', directory)).toMatchObject(locked);
  expect((await cli('other', 'list')).data.projects).toMatchObject([{ id, status: 'creating' }]);
  expect(await cli('other', 'destroy', id, '--yes')).toMatchObject(locked);
  await cli('other', 'doctor');
  expect(await oneRun('other')).toEqual(listed);

  holder.child.kill('SIGKILL');
  await holder.finished;
  await expect.poll(() => oneRun('other')).toMatchObject({ state: 'interrupted', holder: null });
  const taken = await cli('other', 'resume');
  expect(taken).toMatchObject({ code: 0, stderr: '', data: { project: { id, directory } } });
  expect(taken.data.phases).toContainEqual(expect.objectContaining({ phase: 'detect', reused: true }));
  expect((await fetch(`${taken.data.url}/health`)).status).toBe(200);
  expect(await oneRun('one')).toMatchObject({ state: 'done', holder: null });
  expect((await cli('other', 'doctor')).data.findings.filter(({ ok }: { ok: boolean }) => !ok)).toEqual([]);
});

test('a run that is done is not cancelled, and an unknown project is unknown', async () => {
  const { projectId } = await oneRun('one');
  const done = await cli('one', 'cancel', projectId);
  expect(done).toMatchObject({ code: 3, data: { error: { code: 'run.finished' } } });
  expect(await cli('one', 'cancel', 'nobody')).toMatchObject({
    code: 2,
    data: { error: { code: 'project.not_found' } },
  });
  expect((await cli('other', 'destroy', projectId, '--yes')).code).toBe(0);
  expect((await cli('one', 'runs')).data).toEqual({ runs: [] });
});

test('cancelled from another machine, a create ends at its step and is resumed later', async () => {
  const directory = join(projects, 'blog');
  const running = await createHeldAt('one', directory, 'design');
  const { projectId } = await oneRun('other');
  const cancelled = await cli('other', 'cancel', projectId);
  expect(cancelled).toMatchObject({
    code: 0,
    data: { run: { state: 'cancelled', holder: { pid: running.child.pid } } },
  });
  expect(await cli('other', 'resume', projectId)).toMatchObject({ code: 5 });
  running.child.kill('SIGCONT');
  const { code, stdout } = await running.finished;
  const last = JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
  expect(last).toMatchObject({ type: 'error', error: { code: 'run.cancelled', details: { projectId } } });
  expect([code, stdout.includes('"phase":"deploy"')]).toEqual([3, false]);
  expect(await oneRun('other')).toMatchObject({ state: 'cancelled', holder: null });
  expect(await cli('other', 'cancel', projectId)).toMatchObject({ code: 0 });

  const resumed = await cli('one', 'create', 'blog API', ...unproven, '--dir', directory);
  expect(resumed).toMatchObject({ code: 0, data: { project: { id: projectId } } });
  expect(readFileSync(join(directory, 'turbobackend.json'), 'utf8')).toContain(projectId);
  const shown = await runCli(['runs', projectId], optionsOf('one'));
  expect(shown.stdout).toMatch(/state {5}done[\s\S]*✔ deploy/);
  expect(await oneRun('one')).toMatchObject({ state: 'done' });
});
