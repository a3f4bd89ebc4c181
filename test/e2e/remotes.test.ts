import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Created } from '../../src/pipeline/created.ts';
import { lendFolder } from '../support/lend-folder.ts';
import { openRemoteWorld, type RemoteWorld } from '../support/remote-world.ts';
import { type CliResult, runCli } from '../support/run-cli.ts';
import { stopHome } from '../support/stop-home.ts';

/** A backend that goes to Daytona, Fly.io, GitHub and S3, through the command line; those are played in this process. */

const { folder: home, giveBack } = lendFolder();
let world: RemoteWorld;

beforeAll(async () => {
  world = await openRemoteWorld();
});

afterAll(async () => {
  await world.close();
  await stopHome(home).finally(giveBack);
});

const cli = (args: readonly string[], env: Readonly<Record<string, string>> = {}, cwd?: string): Promise<CliResult> =>
  runCli([...args, '--json'], { home, env: { ...world.env, ...env }, timeoutMs: 180_000, ...(cwd ? { cwd } : {}) });

const answerOf = (result: CliResult) => {
  expect([result.code, result.stderr, result.code === 0 ? '' : result.stdout]).toEqual([0, '', '']);
  return JSON.parse(result.stdout);
};
const errorOf = (result: CliResult) => {
  expect(result.stdout).toContain('"error"');
  return JSON.parse(result.stdout).error;
};

/** Files below a folder that anybody may read who gets it, by their paths. */
function filesBelow(folder: string): readonly { path: string; text: string }[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => !path.startsWith('node_modules') && !/(^|\/)\.env/.test(path))
    .map((path) => join(folder, path))
    .filter((path) => statSync(path).isFile())
    .map((path) => ({ path, text: readFileSync(path, 'latin1') }));
}

test('tokens that are missing, wrong or too weak are named before anything is made', async () => {
  const everywhere = ['create', 'blog API', '--workspace', 'daytona', '--target', 'fly', '--github', '--s3', '--yes'];
  const bad = {
    DAYTONA_API_KEY: 'dtn_unknown',
    FLY_API_TOKEN: 'FlyV1 fm2_unknown',
    GITHUB_TOKEN: 'ghp_expired',
    AWS_SECRET_ACCESS_KEY: 'not-the-key',
  };
  const error = errorOf(await cli(everywhere, bad));
  expect(error.code).toBe('remote.denied');
  for (const name of ['Daytona', 'Fly.io', 'GitHub', 'S3']) expect(error.message).toContain(name);
  const missing = errorOf(await cli(everywhere, { FLY_API_TOKEN: '' }));
  expect(missing.message).toContain('FLY_API_TOKEN is not set');
  const { FLY_API_TOKEN: _fly, ...others } = world.env;
  const doctor = await runCli(['doctor', '--remote', '--json'], {
    home,
    env: { ...others, ...bad, FLY_API_TOKEN: '' },
  });
  expect([doctor.code, JSON.parse(doctor.stdout).ok]).toEqual([3, false]);
  expect(answerOf(await cli(['list'])).projects).toEqual([]);
  expect([
    world.fly.world.made.apps,
    world.github.made.length,
    world.s3.buckets.get('project-files')?.objects.size,
  ]).toEqual([0, 0, 0]);
});

test('all that is missing is named at once, with the variables to set', async () => {
  const wish = ['create', 'blog API', '--workspace', 'daytona', '--target', 'fly', '--github', '--s3'];
  const variables =
    /export DAYTONA_API_KEY=… FLY_API_TOKEN=… GITHUB_TOKEN=… AWS_ACCESS_KEY_ID=… AWS_SECRET_ACCESS_KEY=…/;
  for (const [args, code] of [
    [wish, 'usage.missing'],
    [[...wish, 'project-files'], 'remote.denied'],
  ] as const) {
    const error = errorOf(await runCli([...args, '--json'], { home }));
    expect(error).toMatchObject({ code, hint: expect.stringMatching(variables) });
  }
});

test('a database that only this machine reaches is refused, and so is what nobody consented to', async () => {
  const create = ['create', 'blog API', '--database', 'yes', '--target', 'fly'];
  const local = { TURBOBACKEND_DATABASE_URL: 'postgres://me:canary@localhost/x' };
  const error = errorOf(await cli([...create, '--yes'], local));
  expect([error.code, error.message.includes('localhost'), error.hint.includes('--database-url-env')]).toEqual([
    'usage.invalid',
    true,
    true,
  ]);
  expect(JSON.stringify(error)).not.toContain('canary');
  const unasked = errorOf(await cli(create));
  expect([unasked.code, unasked.details.plan.things[0].kind]).toEqual(['confirm.needed', 'app']);
  const dry = answerOf(await cli([...create, '--dry-run']));
  expect(dry.remote.hash).toMatch(/^[0-9a-f]{64}$/);
  expect([world.fly.world.made.apps, answerOf(await cli(['list'])).projects]).toEqual([0, []]);
});

test('create goes everywhere and is proven there, and destroy leaves nothing anywhere', async () => {
  const create = ['create', 'blog API', '--target', 'fly', '--github', '--s3', '--verify', 'none', '--yes'];
  const result = await cli([...create, '--verbose']);
  const created: Created = answerOf(result);
  const { fly, github, s3 } = created.remotes ?? {};
  expect(fly).toMatchObject({ region: 'fra', machines: 1, url: world.fly.appUrl });
  expect([fly?.proof.checks ?? 0, fly?.proof.attempts ?? 0].every((count) => count > 20)).toBe(true);
  expect(github).toMatchObject({ branch: 'main', isNew: true });
  expect(s3).toMatchObject({ bucket: 'project-files', isNew: true });
  expect(world.fly.violations).toEqual([]);
  expect(world.github.violations).toEqual([]);
  // The proof has taken its rows away again.
  const rows = await world.database.admin<{ count: string }>('SELECT count(*) FROM app.posts');
  expect(rows[0]?.count).toBe('0');
  expect((await fetch(`${fly?.url}/posts`)).status).toBe(200);
  const { directory, id } = created.project;
  const shown = [
    { path: 'stdout', text: result.stdout },
    ...filesBelow(directory),
    ...filesBelow(join(home, 'turbobackend')),
  ];
  const leaks = shown.filter(({ text }) => world.secrets.some((secret) => text.includes(secret)));
  expect(leaks.map(({ path }) => path)).toEqual([]);

  const status = answerOf(await cli(['status', id]));
  expect(status.remotes.map(({ remote, state }: { remote: string; state: string }) => [remote, state])).toEqual([
    ['fly', 'there'],
    ['github', 'there'],
    ['s3', 'there'],
  ]);
  const again: Created = answerOf(await cli(create));
  expect([again.existed, world.fly.world.made.apps, world.github.made.length]).toEqual([true, 1, 1]);
  expect(answerOf(await cli(['push'], {}, directory)).pushed.isNew).toBe(false);
  const scaled = answerOf(await cli(['scale', id, '--count', '2'])).deployment;
  expect(scaled.machines).toHaveLength(2);

  const destroyed = answerOf(
    await cli(['destroy', id, '--yes', '--delete-repository', String(status.remotes[1].place)]),
  );
  expect(destroyed.destroyed.remotes.map(({ outcome }: { outcome: string }) => outcome)).toEqual([
    'removed',
    'removed',
    'removed',
  ]);
  expect([world.fly.world.apps.size, world.github.repositories.size]).toEqual([0, 0]);
  expect([...(world.s3.buckets.get('project-files')?.objects.keys() ?? [])]).toEqual([]);
}, 200_000);
