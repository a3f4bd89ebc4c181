import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Finding } from '../../src/domain/finding.ts';
import { lendFolder } from '../support/lend-folder.ts';
import { dataFolder, killPostgres } from '../support/postmaster.ts';
import { runCli } from '../support/run-cli.ts';
import { stopHome } from '../support/stop-home.ts';

/** The doctor as people type it, on an embedded PostgreSQL with one running backend. The tests build on each other. */

const { folder: home, giveBack } = lendFolder();
const own = join(home, 'turbobackend');
const cli = (...args: string[]) => runCli(args, { home });
let project: { id: string; directory: string };
let url: string;

async function doctor(...args: string[]) {
  const { code, stdout, stderr } = await cli('doctor', ...args, '--json');
  const { ok, findings } = JSON.parse(stdout) as { ok: boolean; findings: Finding[] };
  expect(ok).toBe(code === 0);
  return { code, stderr, findings, wrong: findings.filter((finding) => !finding.ok) };
}
const mended = (findings: readonly Finding[]) => findings.flatMap((finding) => finding.mended ?? []).join('\n');
const commandOf = (fix: string | null | undefined) => (fix ?? '').replace(/^node \S+ /, 'turbobackend ');

/** Path, mode and content of everything below a folder but what PostgreSQL and the logs write by themselves. */
function snapshot(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => !/(^|\/)(data|logs?)(\/|$)|\.log$/.test(path))
    .sort()
    .map((path) => {
      const { mode } = lstatSync(join(folder, path));
      const content = statSync(join(folder, path)).isFile() ? readFileSync(join(folder, path)) : '';
      return `${path} ${mode.toString(8)} ${createHash('sha256').update(content).digest('hex')}`;
    });
}

async function titles(): Promise<unknown[]> {
  const response = await fetch(`${url}/tasks`);
  expect(response.status).toBe(200);
  const { data } = (await response.json()) as { data: { title: string }[] };
  return data.map(({ title }) => title);
}

/** Who starts the server again when it dies. */
const parentOf = (pid: number) => Number(execFileSync('ps', ['-o', 'ppid=', '-p', String(pid)], { encoding: 'utf8' }));

beforeAll(async () => {
  const before = await cli('doctor', '--json');
  expect([before.code, existsSync(own)]).toEqual([3, false]);
  const created = await cli('create', 'to-do list', '--verify', 'none', '--json');
  expect(created).toMatchObject({ code: 0 });
  ({ project, url } = JSON.parse(created.stdout));
});

afterAll(async () => {
  await stopHome(home).finally(giveBack);
});

test('a sound machine: exit 0, and nothing is changed by looking, nor by mending what is whole', async () => {
  const before = [snapshot(own), snapshot(project.directory)];
  const looked = await doctor();
  expect([looked.code, looked.wrong, looked.stderr]).toEqual([0, [], '']);
  const fixed = await doctor('--fix');
  expect([fixed.code, fixed.wrong, mended(fixed.findings)]).toEqual([0, [], '']);
  expect([snapshot(own), snapshot(project.directory)]).toEqual(before);
});

test('PostgreSQL killed, the server dead, a login file gone: each is found, one --fix brings all of it back', async () => {
  const body = JSON.stringify({ title: 'survive', done: false, priority: 'low' });
  const posted = await fetch(`${url}/tasks`, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  expect(posted.status).toBe(201);
  const { pid } = JSON.parse((await cli('status', project.id, '--json')).stdout).server;
  await killPostgres(own);
  const looked = await doctor();
  expect(looked.code).toBe(3);
  expect(looked.wrong.map(({ name, fix }) => [name, commandOf(fix)])).toContainEqual([
    'postgresql',
    'turbobackend db start',
  ]);
  rmSync(join(project.directory, '.env'));
  process.kill(parentOf(pid), 'SIGKILL');
  process.kill(pid, 'SIGKILL');
  const fixed = await doctor('--fix');
  expect([fixed.code, fixed.wrong]).toEqual([0, []]);
  expect(mended(fixed.findings)).toMatch(
    /Started PostgreSQL on .*\nWrote \.env and \.env\.migrate .*\nStarted the server of /,
  );
  expect(statSync(join(project.directory, '.env')).mode & 0o777).toBe(0o600);
  expect(await titles()).toEqual(['survive']);
}, 90_000);

test('rights that others got and files that crashes left are found, and taken away by --fix', async () => {
  const leak = join(dataFolder(own), 'base', '4000000000');
  mkdirSync(leak);
  writeFileSync(join(leak, '1259'), Buffer.alloc(8192));
  for (const path of [join(leak, '1259'), leak]) utimesSync(path, 1_763_694_000, 1_763_694_000);
  chmodSync(join(own, 'cluster.password'), 0o644);
  const looked = await doctor();
  expect(looked.wrong.map(({ name }) => name)).toContain('leaked files');
  expect([looked.code, existsSync(leak)]).toEqual([3, true]);
  const fixed = await doctor('--fix');
  expect([fixed.code, fixed.wrong]).toEqual([0, []]);
  expect([existsSync(leak), statSync(join(own, 'cluster.password')).mode & 0o077]).toEqual([false, 0]);
  expect(await titles()).toEqual(['survive']);
}, 90_000);

test('what only a person can decide stays: exit 3 after --fix, with the command', async () => {
  const manifest = join(project.directory, 'turbobackend.json');
  const original = readFileSync(manifest, 'utf8');
  writeFileSync(manifest, '{');
  try {
    const fixed = await doctor('--fix');
    expect([fixed.code, fixed.wrong]).toEqual([
      3,
      [expect.objectContaining({ fix: `cd ${project.directory} && git checkout turbobackend.json` })],
    ]);
    const { code, stdout } = await cli('doctor');
    expect(code).toBe(3);
    expect(stdout).toMatch(
      /✖ project .*: turbobackend\.json in .* is damaged.*\n {4}→ cd .* && git checkout turbobackend\.json/,
    );
  } finally {
    writeFileSync(manifest, original);
  }
  expect((await doctor()).code).toBe(0);
});
