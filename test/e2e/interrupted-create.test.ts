import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import type { Created } from '../../src/pipeline/created.ts';
import { createUntil } from '../chaos/create-kill.ts';
import { createInPeace, killAndRepeat } from '../chaos/create-steps.ts';
import { lendFolder } from '../support/lend-folder.ts';
import { runCli } from '../support/run-cli.ts';
import { stopHome } from '../support/stop-home.ts';

/** kill -9 of `create` in every phase, then the same command; the long version is `npm run chaos:create`. */

const { folder: home, giveBack } = lendFolder();

afterAll(async () => {
  await stopHome(home).finally(giveBack);
});

const options = { home, timeoutMs: 120_000 };
/** Where proving it is not what is tested. */
const unproven = ['--verify', 'none'];

/** Runs `create --json-stream` and kills it when `phase` begins; gives the phases that were finished by then. */
async function killAt(phase: string, directory: string): Promise<readonly string[]> {
  const args = ['to-do list', '--dir', directory];
  const { code, finished } = await createUntil(args, options, { phase, at: 'started' });
  expect([phase, code]).toEqual([phase, 137]);
  return finished;
}

test('two creates at once on a new machine both succeed', async () => {
  const create = (folder: string) =>
    runCli(['create', 'blog API', ...unproven, '--dir', join(home, folder), '--json'], options);
  const results = await Promise.all([create('first'), create('second')]);
  expect(results.map(({ code, stderr }) => [code, stderr])).toEqual([
    [0, ''],
    [0, ''],
  ]);
  for (const folder of ['first', 'second']) {
    expect((await runCli(['destroy', join(home, folder), '--yes'], { home })).code).toBe(0);
  }
});

const phases = ['cluster', 'detect', 'design', 'provision', 'scaffold', 'migrate', 'build', 'deploy', 'verify'];

test('killed in each phase in turn, the same command finishes, and repeats no finished step', async () => {
  const directory = join(home, 'often-killed');
  const done = new Set<string>();
  for (const phase of phases) {
    const finished = await killAt(phase, directory);
    for (const name of finished) done.add(name);
  }
  const again = await runCli(['create', 'to-do list', '--dir', directory, '--json'], options);
  expect([again.code, again.stderr]).toEqual([0, '']);
  const created = JSON.parse(again.stdout) as Created;
  const repeated = created.phases.filter((time) => !time.reused).map((time) => time.phase);
  // PostgreSQL is looked at each time, and verify, which goes on beside deploy, was the phase that was cut last.
  const beside = ['deploy', 'verify'];
  expect(repeated.filter((phase) => !beside.includes(phase))).toEqual(['cluster']);
  expect(repeated).toContain('verify');
  const earlier = (names: Iterable<string>) => [...names].filter((phase) => !beside.includes(phase)).sort();
  expect(earlier(done)).toEqual(earlier(phases));
  expect(created.checks.every((check) => check.passed)).toBe(true);
  expect((await fetch(`${created.url}/health`)).status).toBe(200);
  expect((await runCli(['destroy', directory, '--yes'], { home })).code).toBe(0);
});

test('killed in the middle of a step, one more run gives what an undisturbed one gives', async () => {
  const request = ['to-do list', ...unproven];
  const peace = await createInPeace(options, request, 'undisturbed');
  expect(peace.lines.size).toBeGreaterThan(100);
  const point = { phase: 'migrate', at: 'between' } as const;
  const { killed, before, after, repeated } = await killAndRepeat(options, request, point, peace);
  expect({ killed, after, repeated }).toEqual({ killed: true, after: [], repeated: [] });
  expect(before.length).toBeGreaterThan(0);
});

test('two creates of one project at once make one project; of two projects, both', async () => {
  const create = (folder: string) =>
    runCli(['create', 'to-do list', ...unproven, '--dir', join(home, folder), '--json'], options);
  const results = await Promise.all([create('twin'), create('twin'), create('other')]);
  const codes = results.map((result) => result.code);
  expect(codes.filter((code) => code === 0).length).toBeGreaterThanOrEqual(2);
  for (const result of results.filter(({ code }) => code !== 0)) {
    expect([result.code, JSON.parse(result.stdout).error.code]).toEqual([5, 'run.locked']);
  }
  const { projects } = JSON.parse((await runCli(['list', '--json'], { home })).stdout);
  const directories = projects.map((project: { directory: string }) => project.directory);
  expect(directories.toSorted()).toEqual([join(home, 'other'), join(home, 'twin')]);
});

test('a project whose folder was deleted is made again with its data', async () => {
  const directory = join(home, 'twin');
  const url = JSON.parse((await runCli(['status', directory, '--json'], { home })).stdout).server.url;
  const table = '/tasks';
  const posted = await fetch(`${url}${table}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ title: 'survives' }),
  });
  expect(posted.status).toBe(201);
  rmSync(directory, { recursive: true });
  const again = await runCli(['create', 'to-do list', ...unproven, '--dir', directory, '--json'], options);
  expect(again.code).toBe(0);
  const rows = await fetch(`${JSON.parse(again.stdout).url}${table}`);
  expect(((await rows.json()) as { data: unknown }).data).toMatchObject([{ title: 'survives' }]);
});
