import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type App, openServices } from '../../src/app.ts';
import { loadConfig } from '../../src/config.ts';
import { lendFolder } from '../support/lend-folder.ts';
import { type Query, withSession } from '../support/provisioning.ts';
import { runCli, startCli } from '../support/run-cli.ts';
import { stopHome } from '../support/stop-home.ts';
import { runInTerminal } from '../support/terminal.ts';

/** What people, disks and other programs do to a project behind turbobackend's back. The tests share two projects. */

const { folder: home, giveBack } = lendFolder();
const one = join(home, 'one');
const two = join(home, 'two');
let app: App;

const cli = (directory: string, ...args: string[]) => runCli(args, { home, cwd: directory });
/** Exit code and error code of a command. */
async function failure(directory: string, args: string[], env: Readonly<Record<string, string>> = {}) {
  const { code, stdout } = await runCli([...args, '--json'], { home, cwd: directory, env });
  return [code, JSON.parse(stdout).error?.code];
}
const idOf = (directory: string): string => JSON.parse(readFileSync(join(directory, 'turbobackend.json'), 'utf8')).id;
const recordOf = (directory: string) => app.state.findDatabase(idOf(directory), 'dev');
const inMetadata = <T>(work: (query: Query) => Promise<T>) =>
  withSession(app.cluster.adminLogin('turbobackend_meta'), work);

beforeAll(async () => {
  for (const directory of [one, two]) {
    mkdirSync(directory);
    expect((await cli(directory, 'design-schema', 'to-do list', '--quiet')).code).toBe(0);
    expect((await cli(directory, 'provision')).code).toBe(0);
  }
  app = await openServices(loadConfig(home, { TURBOBACKEND_HOME: join(home, 'turbobackend') }), () => {});
  await app.cluster.ensure();
});

afterAll(async () => {
  await app.close();
  await stopHome(home).finally(giveBack);
});

test('the wrong master key opens nothing and changes nothing', async () => {
  const before = [await recordOf(one), (await cli(one, 'db', 'url')).stdout];
  const env = { TURBOBACKEND_MASTER_KEY: 'correct horse battery staple' };
  for (const args of [['start'], ['db', 'url'], ['provision'], ['migrate', 'up']]) {
    expect([args, await failure(one, args, env)]).toEqual([args, [4, 'secret.unreadable']]);
  }
  const status = await runCli(['status'], { home, cwd: one, env });
  expect(status.stdout).toContain('cannot be opened');
  expect([await recordOf(one), (await cli(one, 'db', 'url')).stdout]).toEqual(before);
});

test('a sealed password that was copied from another project does not open', async () => {
  const swap = (to: string | undefined) =>
    inMetadata((query) =>
      query('UPDATE turbobackend.project_databases SET app_secret = $1 WHERE project_id = $2', [to, idOf(one)]),
    );
  const own = (await recordOf(one))?.secrets.app;
  await swap((await recordOf(two))?.secrets.app);
  try {
    for (const args of [['db', 'url'], ['provision']])
      expect(await failure(one, args)).toEqual([4, 'secret.unreadable']);
  } finally {
    await swap(own);
  }
  expect((await cli(one, 'db', 'url')).code).toBe(0);
});

test('a manifest with the id of another project, or of none, is refused by every command', async () => {
  const file = join(one, 'turbobackend.json');
  const original = readFileSync(file, 'utf8');
  const before = [await recordOf(one), await recordOf(two), readFileSync(join(one, '.env'), 'utf8')];
  const commands = ['status', 'provision', 'scaffold', 'db url', 'start', 'stop', 'migrate up', 'destroy --yes'];
  try {
    for (const id of [idOf(two), 'abcdefghijklmnop']) {
      writeFileSync(file, original.replace(idOf(one), id));
      for (const command of id === 'abcdefghijklmnop' ? ['provision', 'db url'] : commands) {
        expect([command, await failure(one, command.split(' '))]).toEqual([command, [5, 'project.foreign']]);
      }
      writeFileSync(file, original);
    }
  } finally {
    writeFileSync(file, original);
  }
  expect([await recordOf(one), await recordOf(two), readFileSync(join(one, '.env'), 'utf8')]).toEqual(before);
});

test('a disk that is full while .env is written leaves the old one, and nothing beside it', async () => {
  const file = join(one, '.env');
  writeFileSync(file, `${readFileSync(file, 'utf8').replace(/^DB_USER=.*$/m, 'DB_USER="old"')}MINE=kept\n`);
  const [before, names] = [readFileSync(file, 'utf8'), readdirSync(one)];
  // No file may grow: what the system says then is treated as a full disk.
  const program = fileURLToPath(new URL('../../bin/turbobackend.js', import.meta.url));
  const limited = ['--norc', '-c', 'ulimit -f 0; exec "$@"', 'bash', process.execPath, program, 'provision', '--json'];
  const { status, stdout } = spawnSync('bash', limited, {
    cwd: one,
    encoding: 'utf8',
    env: { PATH: `${dirname(process.execPath)}:/usr/bin:/bin`, HOME: home, TURBOBACKEND_HOME: `${home}/turbobackend` },
  });
  expect([status, JSON.parse(stdout).error?.code]).toEqual([4, 'workspace.full']);
  expect([readFileSync(file, 'utf8'), readdirSync(one)]).toEqual([before, names]);
  expect((await cli(one, 'provision')).code).toBe(0);
  expect(readFileSync(file, 'utf8')).toMatch(/DB_USER="turbobackend_proj_[\s\S]*\nMINE=kept\n/);
});

test('secrets that others can get at are closed, with a word about it', async () => {
  const settings = join(home, 'turbobackend', 'config.json');
  writeFileSync(settings, '{"metadata.schema":"turbobackend"}');
  const secrets = [
    join(one, '.env'),
    join(one, '.env.migrate'),
    join(home, 'turbobackend', 'keys', 'vault.key'),
    settings,
  ];
  for (const file of secrets) chmodSync(file, 0o644);
  const { code, stderr } = await cli(one, 'provision');
  expect(code).toBe(0);
  for (const file of secrets)
    expect([file, statSync(file).mode & 0o777, stderr.includes(file)]).toEqual([file, 0o600, true]);
  expect((await cli(one, 'provision')).stderr).not.toContain('Others could');
});

test('no secret is stored in a folder everybody can write to', async () => {
  rmSync(join(one, '.env'));
  chmodSync(one, 0o777);
  expect(await failure(one, ['provision'])).toEqual([4, 'workspace.unwritable']);
  expect(existsSync(join(one, '.env'))).toBe(false);
  chmodSync(one, 0o755);
  expect((await cli(one, 'provision')).code).toBe(0);
});

test('files that are called like options are files', async () => {
  const odd = ['-rf', '--force', '--yes'];
  for (const name of odd) writeFileSync(join(one, name), '');
  for (const args of [['scaffold'], ['migrate', 'up'], ['deploy']]) {
    expect([args, (await cli(one, ...args)).code]).toEqual([args, 0]);
  }
  expect(await failure(one, ['destroy'])).toEqual([2, 'confirm.needed']);
  expect(readdirSync(one)).toEqual(expect.arrayContaining(odd));
});

test('a role that changes its own password is reported, and provision restores it', async () => {
  const status = async () => JSON.parse((await cli(one, 'status', '--json')).stdout).database;
  expect(await status()).toMatchObject({ reachable: true, problems: [] });
  const { openLogin } = await import('../../src/operations/open-login.ts');
  const login = await openLogin(idOf(one), 'dev', 'app', app);
  await withSession(login, (query) => query(`ALTER ROLE ${login.user} PASSWORD 'mine now'`));
  const drifted = await status();
  expect(drifted).toMatchObject({ reachable: false, problems: [expect.stringContaining(login.user)] });
  expect((await cli(one, 'provision')).code).toBe(0);
  expect(await status()).toMatchObject({ reachable: true, problems: [] });
});

test('a question on a terminal that is interrupted destroys nothing', async () => {
  const asked = { home, at: /Type \S+ to do it/, press: '\u0003' };
  const { code, isCooked } = await runInTerminal(['destroy', one], asked);
  expect([code, isCooked]).toEqual([130, true]);
  expect((await app.state.findProject(idOf(one)))?.status).not.toBe('destroying');
});

test('a terminal that does not know its width is drawn on to an end', async () => {
  writeFileSync(join(home, 'in-the-way'), '');
  const { screen, code } = await runInTerminal(['create', 'blog', '--dir', join(home, 'in-the-way', 'x')], { home });
  expect([code, screen.length < 20_000]).toEqual([4, true]);
});

test('a create that sleeps while its connections are cut is finished by itself or by the same command', async () => {
  const directory = join(home, 'asleep');
  const args = ['create', 'to-do list', '--verify', 'none', '--dir', directory];
  const { child, output, finished } = startCli([...args, '--json-stream'], { home });
  const begun = /"phase-started","phase":"migrate"/;
  await expect.poll(() => begun.test(output.stdout), { timeout: 30_000, interval: 10 }).toBe(true);
  child.kill('SIGSTOP');
  await inMetadata((query) =>
    query(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name !~ '^$' AND pid <> pg_backend_pid()",
    ),
  );
  await sleep(500);
  child.kill('SIGCONT');
  const { code } = await finished;
  expect([0, 4]).toContain(code);
  const again = await runCli([...args, '--json'], { home });
  expect(again.code).toBe(0);
  const { phases, url } = JSON.parse(again.stdout);
  const repeated = phases.flatMap((time: { phase: string; reused: boolean }) => (time.reused ? [] : [time.phase]));
  for (const phase of ['detect', 'design', 'provision']) expect(repeated).not.toContain(phase);
  expect((await fetch(`${url}/tasks`)).status).toBe(200);
});

test('a database whose record was lost is listed, and never dropped', async () => {
  const name = (await recordOf(two))?.databaseName;
  await inMetadata((query) => query('DELETE FROM turbobackend.project_databases WHERE project_id = $1', [idOf(two)]));
  const { findings } = JSON.parse((await cli(home, 'doctor', '--json')).stdout);
  expect(findings).toContainEqual(
    expect.objectContaining({ name: 'orphan', detail: expect.stringContaining(`${name}`) }),
  );
  expect((await cli(home, 'destroy', idOf(two), '--yes')).code).toBe(0);
  expect(await app.databases.listDatabases()).toContain(name);
  expect(await failure(home, ['destroy', 'qqqqqqqqqqqqqqqq', '--yes'])).toEqual([2, 'project.not_found']);
});
