import { copyFileSync, mkdirSync, readdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Created } from '../../src/pipeline/created.ts';
import { lendFolder } from '../support/lend-folder.ts';
import { runCli } from '../support/run-cli.ts';
import { stopHome } from '../support/stop-home.ts';

/** More of create.test.ts: the same by hand, and a folder that is moved. */

const { folder: home, giveBack } = lendFolder();
const cli = (...args: string[]) => runCli(args, { home });
const inProject = (directory: string, ...args: string[]) => runCli(args, { home, cwd: directory });
let created: Created;

beforeAll(async () => {
  const result = await cli('create', 'blog API', '--json');
  expect(result).toMatchObject({ code: 0, stderr: '' });
  created = JSON.parse(result.stdout);
});

afterAll(async () => {
  await stopHome(home).finally(giveBack);
});

test('each phase by hand, in an empty folder, gives what create gives', async () => {
  const directory = join(home, 'by-hand', 'blog-api');
  mkdirSync(directory, { recursive: true });
  const steps = [
    ['detect', 'blog API'],
    ['design-schema'],
    ['provision'],
    ['scaffold'],
    ['migrate', 'up'],
    // Proves it first, as `verify` does.
    ['deploy'],
  ];
  for (const step of steps) {
    const result = await inProject(directory, ...step, '--json');
    expect([step, result.code, result.stderr]).toEqual([step, 0, '']);
  }
  const listing = (folder: string) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((path) => !/^(node_modules|\.output|\.nitro|\.git(\/|$)|migrations\/)/.test(path))
      .sort();
  expect(listing(directory)).toEqual(listing(created.project.directory));
  const manifest = (folder: string) => JSON.parse(readFileSync(join(folder, 'turbobackend.json'), 'utf8'));
  expect(manifest(directory).schema).toEqual(manifest(created.project.directory).schema);
  const status = JSON.parse((await inProject(directory, 'status', '--json')).stdout);
  expect(status).toMatchObject({ project: { status: 'ready' }, server: { status: 'running' } });
  expect((await inProject(directory, 'destroy', '--yes')).code).toBe(0);
});

test('a project folder that was moved is followed; a copy of it is not', async () => {
  const { directory, id } = created.project;
  const moved = `${directory}-moved`;
  const copy = join(home, 'copy');
  mkdirSync(copy);
  copyFileSync(join(directory, 'turbobackend.json'), join(copy, 'turbobackend.json'));
  expect(JSON.parse((await inProject(copy, 'status', '--json')).stdout).error.code).toBe('project.foreign');
  renameSync(directory, moved);
  const status = JSON.parse((await inProject(moved, 'status', '--json')).stdout);
  expect(status.project).toMatchObject({ id, directory: moved });
  expect((await inProject(moved, 'deploy', '--json')).code).toBe(0);
  renameSync(moved, directory);
  expect((await inProject(directory, 'deploy', '--json')).code).toBe(0);
});
