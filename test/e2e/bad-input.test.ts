import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { lendFolder } from '../support/lend-folder.ts';
import { expectShown, REFUSALS } from '../support/refusals.ts';
import { runCli } from '../support/run-cli.ts';
import { stopHome } from '../support/stop-home.ts';

const { folder: home, giveBack } = lendFolder();

afterAll(async () => {
  await stopHome(home).finally(giveBack);
});

const nameOf = (project: { name: string }) => project.name;

test.each(REFUSALS)('%s is refused before anything is made', async (_name, { args, code, exit }) => {
  const result = await runCli([...args, '--json'], { home });
  expect([result.code, JSON.parse(result.stdout).error.code, result.stderr]).toEqual([exit, code, '']);
  expect(readdirSync(home).filter((name) => name !== 'turbobackend')).toEqual([]);
});

/** One of each kind: what people see is written in one place. */
const shown = REFUSALS.filter(([name]) =>
  /^(a request of 9 KB|a name with a slash|a phase outside of a project|an option )/.test(name),
);

test.each(shown)('%s is told to people with what to type next', (_name, refusal) => expectShown(refusal, home));

test('a request that needs no database is said not to, loudly, and no database is made', async () => {
  const request = 'a service that adds two numbers';
  const detected = JSON.parse((await runCli(['detect', request, '--json', '--no-save'], { home })).stdout);
  expect(detected.needsDatabase).toBe(false);
  const directory = join(home, 'mein Büro');
  const created = await runCli(['create', request, '--dir', directory, '--verify', 'none'], { home });
  expect(created.code).toBe(0);
  expect(created.stdout).toMatch(/database\s+none/);
  // As a shell takes a folder with blanks in its name.
  expect(created.stdout).toContain(`cd '${directory}' && `);
  const status = JSON.parse((await runCli(['status', directory, '--json'], { home })).stdout);
  expect(status).toMatchObject({ database: null, server: { status: 'running' } });
  expect(existsSync(join(directory, '.env'))).toBe(false);
});

test('shell syntax in a request is text', async () => {
  const request = 'blog $(touch PWNED) `touch PWNED` ; touch PWNED';
  const planned = await runCli(['create', request, '--dry-run', '--json'], { home });
  expect(planned.code).toBe(0);
  expect(JSON.parse(planned.stdout).dryRun).toBe(true);
  expect(existsSync(join(home, 'PWNED'))).toBe(false);
});

test('emoji and right-to-left marks make an ASCII folder name', async () => {
  const planned = await runCli(['create', '🎉🎉\u202e\u200b', '--dry-run', '--json', '--database', 'yes'], { home });
  expect(JSON.parse(planned.stdout).name).toMatch(/^project-[a-z0-9]+$/);
});

test('a place that cannot be written is refused before provisioning', async () => {
  writeFileSync(join(home, 'in-the-way'), '');
  const directory = join(home, 'in-the-way', 'blog');
  const result = await runCli(['create', 'blog', '--dir', directory, '--json'], { home });
  expect([result.code, JSON.parse(result.stdout).error.code]).toEqual([4, 'workspace.unwritable']);
  expect(JSON.parse((await runCli(['list', '--json'], { home })).stdout).projects.map(nameOf)).not.toContain('blog');
});

test('a home that cannot be made is one clear error', async () => {
  writeFileSync(join(home, 'a-file'), '');
  const env = { TURBOBACKEND_HOME: join(home, 'a-file', 'home') };
  const result = await runCli(['list', '--json'], { home, env });
  expect([result.code, JSON.parse(result.stdout).error.code]).toEqual([4, 'workspace.unwritable']);
});

test('an administrator URL that is wrong is refused without being repeated', async () => {
  const env = { DB_ADMIN_URL: 'postgres://ada:s3cr3t-canary@127.0.0.1:1/postgres' };
  const unreachable = await runCli(['list'], { home, env });
  expect(unreachable.code).toBe(4);
  const broken = await runCli(['list', '--json'], { home, env: { DB_ADMIN_URL: 'mysql://ada:s3cr3t-canary@x' } });
  expect([broken.code, JSON.parse(broken.stdout).error.code]).toEqual([2, 'config.invalid']);
  for (const { stdout, stderr } of [unreachable, broken]) expect(stdout + stderr).not.toContain('s3cr3t-canary');
});

test('a damaged turbobackend.json is told with every problem, and nothing is done', async () => {
  const folder = join(home, 'damaged');
  mkdirSync(folder);
  writeFileSync(join(folder, 'turbobackend.json'), '{"version":1,"id":"UPPER"}');
  const result = await runCli(['provision', '--json'], { home, cwd: folder });
  const { error } = JSON.parse(result.stdout);
  expect([result.code, error.code]).toEqual([3, 'project.damaged']);
  expect(error.details.problems.length).toBeGreaterThan(2);
});

test('a manifest copied into another folder does not reach the first one’s database', async () => {
  const [one, two] = [join(home, 'one'), join(home, 'two')];
  for (const folder of [one, two]) mkdirSync(folder);
  await runCli(['design-schema', 'blog API', '--json'], { home, cwd: one });
  expect((await runCli(['provision', '--json'], { home, cwd: one })).code).toBe(0);
  copyFileSync(join(one, 'turbobackend.json'), join(two, 'turbobackend.json'));
  const result = await runCli(['provision', '--json'], { home, cwd: two });
  expect([result.code, JSON.parse(result.stdout).error.code]).toEqual([5, 'project.foreign']);
  expect(existsSync(join(two, '.env'))).toBe(false);
});

test('settings that are wrong are refused when they are set, and mended by config whatever they are', async () => {
  const refused = await runCli(['config', 'set', 'cluster.port', 'abc', '--json'], { home });
  expect([refused.code, JSON.parse(refused.stdout).error.code]).toEqual([2, 'config.invalid']);
  const settings = join(home, 'turbobackend', 'config.json');
  writeFileSync(settings, '{"cluster.port":"abc"}', { mode: 0o600 });
  expect((await runCli(['list'], { home })).code).toBe(2);
  expect((await runCli(['config', 'unset', 'cluster.port'], { home })).code).toBe(0);
  expect((await runCli(['list'], { home })).code).toBe(0);
});

test.each([[[]], [['db']], [['migrate', '--json']]])(
  '%j without a command says which help to ask for',
  async (args) => {
    const { code, stdout, stderr } = await runCli(args, { home });
    expect(code).toBe(2);
    expect(stdout + stderr).toMatch(/usage\.invalid.*--help/s);
  },
);

test.each([
  [['help', 'destory'], "unknown command 'destory'"],
  [['db'], 'url, start, stop'],
  [['migrate'], 'up, down, status'],
])('%j is told with what it could have been', async (args, said) => {
  expect((await runCli(args, { home })).stderr).toContain(said);
});

test('a followed log has no end, so it is not one JSON object', async () => {
  const result = await runCli(['logs', '-f', '--json'], { home });
  expect([result.code, JSON.parse(result.stdout).error.code]).toEqual([2, 'usage.invalid']);
});

test('a reader that closes its end early is no error', async () => {
  const bin = join(import.meta.dirname, '../../bin/turbobackend.js');
  const out = execFileSync('bash', ['-c', `node '${bin}' --help | head -1; echo "\${PIPESTATUS[0]}"`], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  expect(out.trim().split('\n').at(-1)).toBe('0');
});
