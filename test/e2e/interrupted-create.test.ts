import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { expectToGoOn } from '../support/killed-in-turn.ts';
import { lendFolder } from '../support/lend-folder.ts';
import { runCli } from '../support/run-cli.ts';
import { stopHome } from '../support/stop-home.ts';

/** kill -9 of `create` in some phases, then the same command; all of them: the long one, and `npm run chaos:create`. */

const { folder: home, giveBack } = lendFolder();

afterAll(async () => {
  await stopHome(home).finally(giveBack);
});

const options = { home };
/** Where proving it is not what is tested. */
const unproven = ['--verify', 'none'];

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

test('killed in several phases in turn, the same command finishes, and repeats no finished step', () =>
  expectToGoOn(['provision', 'build', 'verify'], join(home, 'often-killed'), options));

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
