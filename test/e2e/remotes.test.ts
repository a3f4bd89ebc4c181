import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Created } from '../../src/pipeline.ts';
import { lendFolder } from '../support/lend-folder.ts';
import { openRemoteWorld, type RemoteWorld } from '../support/remote-world.ts';
import { type CliResult, runCli } from '../support/run-cli.ts';
import { stopHome } from '../support/stop-home.ts';

/** A backend that goes to Fly.io, GitHub and S3, through the command line; those are played in this process. */

const { folder: home, giveBack } = lendFolder();
let world: RemoteWorld;

beforeAll(async () => {
  world = await openRemoteWorld();
}, 60_000);

afterAll(async () => {
  await world.close();
  await stopHome(home).finally(giveBack);
}, 60_000);

const cli = (args: readonly string[], env: Readonly<Record<string, string>> = {}, cwd?: string): Promise<CliResult> =>
  runCli([...args, '--json'], { home, env: { ...world.env, ...env }, timeoutMs: 180_000, ...(cwd ? { cwd } : {}) });

test('create goes everywhere, and destroy leaves nothing anywhere', async () => {
  const result = await cli(['create', 'blog API', '--target', 'fly', '--yes']);
  expect([result.code, result.stderr, result.code === 0 ? '' : result.stdout]).toEqual([0, '', '']);
  const created = JSON.parse(result.stdout) as Created;
  expect(created.remotes?.fly?.proof.checks).toBeGreaterThan(10);
  console.log(created.remotes, created.phases);
}, 200_000);
