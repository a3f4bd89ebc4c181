import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, expect, test } from 'vitest';
import type { Created } from '../../src/pipeline/created.ts';
import { createUntil } from '../chaos/create-kill.ts';
import { lendFolder } from '../support/lend-folder.ts';
import { openRemoteWorld, type RemoteWorld } from '../support/remote-world.ts';
import { runCli, startCli } from '../support/run-cli.ts';
import { stopHome } from '../support/stop-home.ts';

/** kill -9 of a `create` that goes elsewhere, in each of its steps and at each call of Fly.io, then the same command. */

const { folder: home, giveBack } = lendFolder();
let world: RemoteWorld;

// Each with a database of its own: what one project made there is in the way of another.
beforeEach(async () => {
  world = await openRemoteWorld();
});

afterEach(() => world.close());

afterAll(async () => {
  await stopHome(home).finally(giveBack);
});

const options = () => ({ home, env: world.env, timeoutMs: 180_000 });
const argsFor = (directory: string) => [
  'blog API',
  ...['--dir', directory, '--workspace', 'daytona', '--target', 'fly', '--github', '--s3', '--verify', 'none', '--yes'],
];

async function finish(directory: string): Promise<Created> {
  const { code, stdout, stderr } = await runCli(['create', ...argsFor(directory), '--json'], options());
  expect([code, stderr, code === 0 ? '' : stdout]).toEqual([0, '', '']);
  return JSON.parse(stdout);
}

/** One app with one machine that serves, one repository; what was made on the way is gone. */
function expectEachOnce() {
  const apps = [...world.fly.world.apps.values()];
  expect(apps.map(({ machines, ips }) => [machines.size, ips.length])).toEqual([[1, 2]]);
  expect([world.fly.world.made.apps, world.github.made.length]).toEqual([1, 1]);
  expect(world.daytona.sandboxes()).toEqual([]);
  expect([...world.fly.violations, ...world.github.violations, ...world.daytona.violations()]).toEqual([]);
}

async function destroy(id: string) {
  const place = [...world.github.repositories.values()].map(({ owner, name }) => `${owner}/${name}`)[0] ?? '';
  const { code, stdout } = await runCli(['destroy', id, '--yes', '--delete-repository', place, '--json'], options());
  expect([code, code === 0 ? '' : stdout]).toEqual([0, '']);
  expect([world.fly.world.apps.size, world.github.repositories.size]).toEqual([0, 0]);
  expect([...(world.s3.buckets.get('project-files')?.objects.keys() ?? [])]).toEqual([]);
}

test('killed in each step in turn, the same command finishes, and nothing is there twice', async () => {
  const directory = join(home, 'steps');
  let points = 0;
  for (const phase of ['build', 'daytona', 'github', 's3', 'fly', 'proof']) {
    for (const at of ['started', 'between', 'finished'] as const) {
      const { code, output } = await createUntil(argsFor(directory), options(), { phase, at }, 400);
      expect([phase, at, code, code === 137 ? '' : output]).toEqual([phase, at, 137, '']);
      points += 1;
    }
  }
  process.stderr.write(`killed at ${points} points of six steps\n`);
  // What was wished is remembered: nobody has to say it again.
  const resumed = await runCli(['resume', directory, '--json'], options());
  expect([resumed.code, resumed.code === 0 ? '' : resumed.stdout]).toEqual([0, '']);
  const created: Created = JSON.parse(resumed.stdout);
  expect(created.remotes).toMatchObject({ daytona: { tests: 'passed' }, fly: { url: world.fly.appUrl } });
  expectEachOnce();
  await destroy(created.project.id);
}, 900_000);

test('killed at each call of Fly.io in turn, the same command finishes, and nothing is there twice', async () => {
  const directory = join(home, 'calls');
  let killed = 0;
  for (let call = 1; ; call += 1) {
    let heard = 0;
    const { child, finished } = startCli(['create', ...argsFor(directory), '--json'], options());
    world.fly.server.onCall(() => {
      heard += 1;
      if (heard === call) child.kill('SIGKILL');
    });
    const { code, stdout } = await finished;
    world.fly.server.onCall(null);
    if (code === 0) break;
    expect([code, stdout]).toEqual([137, '']);
    killed += 1;
  }
  process.stderr.write(`killed at ${killed} calls of Fly.io\n`);
  expect(killed).toBeGreaterThan(15);
  const created = await finish(directory);
  expectEachOnce();
  await destroy(created.project.id);
}, 1_800_000);

test('people who sign in are proven there, a second version may be taken back, and nothing is left of it', async () => {
  const directory = join(home, 'accounts');
  const request = 'notes with login, each user sees only their own';
  const args = ['create', request, '--dir', directory, '--target', 'fly', '--verify', 'none', '--yes', '--json'];
  const cli = async (...typed: string[]) => {
    const { code, stdout, stderr } = await runCli([...typed, '--json'], { ...options(), cwd: directory });
    expect([code, stderr, code === 0 ? '' : stdout]).toEqual([0, '', '']);
    return JSON.parse(stdout);
  };
  const { code, stdout } = await runCli(args, options());
  expect([code, code === 0 ? '' : stdout]).toEqual([0, '']);
  const created: Created = JSON.parse(stdout);
  expect(created.remotes?.fly?.proof.attempts).toBeGreaterThan(50);
  const register = () => fetch(`${world.fly.appUrl}/notes`, { method: 'POST', body: '{}' });
  expect((await register()).status).toBe(401);
  const accounts = await world.database.admin<{ count: string }>('SELECT count(*) FROM app.users');
  expect(accounts[0]?.count).toBe('0');

  appendFileSync(join(directory, 'server/lib/fixed-answer.ts'), '\n// another version\n');
  const { deployed } = await cli('deploy', '--target', 'fly', '--force', '--yes');
  expect(deployed.app).toBe(created.remotes?.fly?.app);
  const rolled = await cli('rollback');
  expect(rolled.deployment.status).toBe('running');
  expect((await register()).status).toBe(401);
  expect((await cli('undeploy', '--yes')).removed).toMatchObject([{ remote: 'fly', outcome: 'removed' }]);
  expect(world.fly.world.apps.size).toBe(0);
  expect(world.fly.violations).toEqual([]);
}, 600_000);

test('a server that others reach, too, gets a database for the deployment, which goes with the project', async () => {
  const directory = join(home, 'cluster');
  const { TURBOBACKEND_DATABASE_URL: _app, TURBOBACKEND_MIGRATION_DATABASE_URL: _mig, ...env } = world.env;
  // A home of its own: the metadata lie on that server then.
  const own = { home: join(home, 'other'), env: { ...env, DB_ADMIN_URL: world.adminUrl }, timeoutMs: 180_000 };
  const args = ['create', 'blog API', '--dir', directory, '--target', 'fly', '--verify', 'none', '--yes', '--json'];
  const { code, stdout } = await runCli(args, own);
  expect([code, code === 0 ? '' : stdout]).toEqual([0, '']);
  const created: Created = JSON.parse(stdout);
  const name = `turbobackend_proj_${created.project.id}_prod`;
  const app = [...world.fly.world.apps.values()][0];
  const secretOf = (secret: string) => new URL(app?.secrets.get(secret)?.value ?? 'none:').username;
  expect([secretOf('DATABASE_URL'), app?.secrets.has('MIGRATION_DATABASE_URL')]).toEqual([`${name}_app`, false]);
  expect((await fetch(`${world.fly.appUrl}/posts`)).status).toBe(200);
  const destroyed = await runCli(['destroy', created.project.id, '--confirm', created.project.name, '--json'], own);
  expect([destroyed.code, destroyed.code === 0 ? '' : destroyed.stdout]).toEqual([0, '']);
  expect(JSON.parse(destroyed.stdout).destroyed.databases).toContain(name);
  expect(world.fly.world.apps.size).toBe(0);
}, 600_000);
