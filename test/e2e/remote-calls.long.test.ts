import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { git } from '../contracts/code-host.ts';
import { lendFolder } from '../support/lend-folder.ts';
import { openRemoteWorld, type RemoteWorld } from '../support/remote-world.ts';
import { runCli, startCli } from '../support/run-cli.ts';
import { stopHome } from '../support/stop-home.ts';

/** kill -9 at each request of GitHub, of git and of S3, of the command alone and with all it started; then once more. */

const { folder: home, giveBack } = lendFolder();
const directory = join(home, 'blog');
let world: RemoteWorld;

beforeAll(async () => {
  world = await openRemoteWorld();
  const args = ['create', 'blog API', '--dir', directory, '--verify', 'none', '--yes', '--json'];
  const { code, stdout } = await runCli(args, { ...options(), cwd: home });
  expect([code, code === 0 ? '' : stdout]).toEqual([0, '']);
}, 300_000);

afterAll(async () => {
  await world.close();
  await stopHome(home).finally(giveBack);
});

const options = () => ({ home, cwd: directory, env: world.env, timeoutMs: 240_000 });

/** What a process has started, and those in turn. */
function startedBy(pid: number): readonly number[] {
  const children = readdirSync('/proc').flatMap((name) => {
    try {
      const parent = /^PPid:\s+(\d+)$/m.exec(readFileSync(`/proc/${name}/status`, 'utf8'))?.[1];
      return Number(parent) === pid ? [Number(name)] : [];
    } catch {
      // Gone by now, or no process.
      return [];
    }
  });
  return children.flatMap((child) => [child, ...startedBy(child)]);
}

function kill(pid: number, withAll: boolean): void {
  for (const one of [pid, ...(withAll ? startedBy(pid) : [])]) {
    try {
      process.kill(one, 'SIGKILL');
    } catch {
      // It was quicker.
    }
  }
}

/** Kills the command at its first request, then at its second, until it ends by itself; gives how often that was. */
async function killAtEach(
  args: readonly string[],
  listen: (listener: (() => void) | null) => void,
  { withAll, before }: { readonly withAll: boolean; readonly before?: () => void },
): Promise<number> {
  for (let killed = 0; ; killed += 1) {
    before?.();
    const { child, finished } = startCli([...args, '--yes', '--json'], options());
    let calls = 0;
    listen(() => {
      calls += 1;
      if (calls === killed + 1 && child.pid !== undefined) kill(child.pid, withAll);
    });
    const { code, stdout } = await finished;
    listen(null);
    if (code === 0) return killed;
    expect([args, killed, code, stdout]).toEqual([args, killed, 137, '']);
  }
}

const locks = () =>
  readdirSync(join(directory, '.git'), { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.lock'));

test.each([[true], [false]])(
  'a push that is killed at any request, with git: %s, is finished by the next',
  async (withAll) => {
    const name = `notes-${withAll}.txt`;
    writeFileSync(join(directory, name), randomBytes(2_000_000).toString('hex'));
    git(directory, 'add', name);
    git(directory, 'commit', '-q', '-m', 'notes');
    const killed = await killAtEach(['push'], world.github.onCall, { withAll });
    process.stderr.write(`push: killed at ${killed} requests\n`);
    expect(killed).toBeGreaterThanOrEqual(5);
    const [repository] = [...world.github.repositories.values()];
    const bare = world.github.folderOf(repository?.owner ?? '', repository?.name ?? '');
    const head = git(directory, 'rev-parse', 'HEAD').trim();
    expect([world.github.made.length, git(bare, 'rev-parse', 'refs/heads/main').trim()]).toEqual([1, head]);
    expect(git(bare, 'fsck', '--full', '--connectivity-only')).not.toMatch(/missing|broken/);
    expect(locks()).toEqual([]);
    const again = await runCli(['push', '--yes', '--json'], options());
    expect([again.code, JSON.parse(again.stdout).pushed?.isNew ?? false]).toEqual([0, false]);
    expect(world.github.violations).toEqual([]);
  },
  900_000,
);

test('files that are sent in parts, and killed at any request, are there once and whole', async () => {
  const large = randomBytes(20 * 1024 * 1024);
  writeFileSync(join(directory, 'large.bin'), large);
  const killed = await killAtEach(['files', 'push'], world.s3.onCall, { withAll: true });
  process.stderr.write(`files push: killed at ${killed} requests\n`);
  expect(killed).toBeGreaterThan(8);
  const bucket = world.s3.buckets.get('project-files');
  expect(bucket?.uploads.size).toBe(0);
  const same = [...(bucket?.objects.values() ?? [])].filter(({ bytes }) => bytes.equals(large));
  expect(same).toHaveLength(1);
  const pulled = await runCli(['files', 'pull', '--into', join(home, 'back'), '--json'], options());
  expect([pulled.code, readFileSync(join(home, 'back/large.bin')).equals(large)]).toEqual([0, true]);
}, 1_200_000);

test('a backup that is killed at any request is made by the next, and destroying leaves nothing', async () => {
  const killed = await killAtEach(['backup', 'create'], world.s3.onCall, { withAll: true });
  process.stderr.write(`backup create: killed at ${killed} requests\n`);
  expect(killed).toBeGreaterThan(3);
  const listed = await runCli(['backup', 'list', '--json'], options());
  // Whoever was killed at the last request had made one.
  const { length } = JSON.parse(listed.stdout).backups;
  expect([listed.code, length === 1 || length === 2]).toEqual([0, true]);
  expect(world.s3.buckets.get('project-files')?.uploads.size).toBe(0);
  const [repository] = [...world.github.repositories.values()];
  const place = `${repository?.owner}/${repository?.name}`;
  const gone = await runCli(['destroy', directory, '--yes', '--delete-repository', place, '--json'], options());
  expect([gone.code, gone.code === 0 ? '' : gone.stdout]).toEqual([0, '']);
  expect([world.github.repositories.size, world.s3.buckets.get('project-files')?.objects.size]).toEqual([0, 0]);
  expect(existsSync(directory)).toBe(false);
}, 900_000);
