import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type App, openServices } from '../../src/app.ts';
import { loadConfig } from '../../src/config.ts';
import type { Created } from '../../src/pipeline/created.ts';
import { lendFolder } from '../support/lend-folder.ts';
import { runCli, startCli } from '../support/run-cli.ts';
import { stopHome } from '../support/stop-home.ts';

/** What proving a backend decides: what is deployed, what `status` says, and what a killed proof leaves. One project. */

const { folder: home, giveBack } = lendFolder();
let app: App;
let created: Created;

async function cli(...args: string[]) {
  const options = { home, cwd: created?.project.directory ?? home };
  const { code, stdout, stderr } = await runCli([...args, '--json'], options);
  const data = JSON.parse(stdout);
  return { code, stderr, data, error: data.error?.code };
}
const verified = async () => (await cli('status')).data.verification;
const health = async () => (await fetch(`${created.url}/health`)).status;

beforeAll(async () => {
  const made = await cli('create', 'to-do list', '--verify', 'none');
  expect([made.code, made.stderr]).toEqual([0, '']);
  created = made.data;
  app = await openServices(loadConfig(home, { TURBOBACKEND_HOME: join(home, 'turbobackend') }), () => {});
  await app.cluster.ensure();
});

afterAll(async () => {
  await app.close();
  await stopHome(home).finally(giveBack);
});

test('a report that cannot be written is refused before anything runs, with what to type instead', async () => {
  writeFileSync(join(home, 'a-file'), '');
  mkdirSync(join(home, 'folder.html'));
  const places = [join(home, 'folder.html'), join(home, 'a-file', 'report.json'), '/proc/report.txt', 'a:b.html'];
  for (const place of places) {
    const { code, stdout } = await runCli(['verify', '--report', place, '--json-stream'], {
      home,
      cwd: created.project.directory,
    });
    const lines = stdout.trim().split('\n');
    expect([place, code, lines.length]).toEqual([place, 4, 1]);
    const { error } = JSON.parse(lines[0] ?? '');
    expect(error).toMatchObject({ code: 'workspace.unwritable' });
    expect(error.hint).toMatch(/verify --report report\.(html|json|txt)$/);
  }
  expect(await cli('verify', '--report', 'report.pdf')).toMatchObject({ code: 2, error: 'usage.invalid' });
  expect(await verified()).toBeNull();
});

test('a server that runs is used and left as it was, and its report goes where and as it is wanted', async () => {
  for (const type of ['html', 'json', 'txt']) {
    const file = join(home, 'reports', type, `report.${type}`);
    const { code, data } = await cli('verify', '--url', `${created.url}/`, '--report', file);
    expect([type, code, data.passed]).toEqual([type, 0, true]);
    const text = readFileSync(file, 'utf8');
    if (type === 'html') expect(text).toMatch(/^<!doctype html>[\s\S]*<li class="good">/);
    else if (type === 'json') expect(JSON.parse(text)).toEqual(data);
    else expect(text).toMatch(/^to-do-list: passed \(quick, [\s\S]*\n {2}✔ behaviour/);
  }
  expect(await (await fetch(`${created.url}/tasks`)).json()).toMatchObject({ data: [] });
  // It says nothing about the files.
  expect(await verified()).toBeNull();
});

test('what is no server of this project is written to by nobody', async () => {
  for (const url of ['ftp://127.0.0.1/', 'nonsense', '']) {
    expect([url, (await cli('verify', '--url', url)).error]).toEqual([url, 'usage.invalid']);
  }
  const asked: string[] = [];
  const stranger = createServer((request, response) => {
    asked.push(`${request.method}`);
    response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>Somebody else</h1>');
  });
  await new Promise<void>((listening) => stranger.listen(0, '127.0.0.1', listening));
  const address = stranger.address();
  const port = address && typeof address === 'object' ? address.port : 0;
  try {
    expect(await cli('verify', '--url', `http://127.0.0.1:${port}`)).toMatchObject({ code: 3, error: 'verify.failed' });
  } finally {
    stranger.close();
  }
  expect(asked.length).toBeGreaterThan(0);
  expect([...new Set(asked)]).toEqual(['GET']);
  expect(await cli('verify', '--url', `http://127.0.0.1:${port}`)).toMatchObject({ code: 3, error: 'verify.failed' });
});

test('a proof that is killed leaves a database, which the next proof or doctor --fix takes away', async () => {
  const databases = async () => (await app.databases.listDatabases()).length;
  const before = await databases();
  for (const proof of ['first', 'next']) {
    await killVerify('behaviour');
    expect([proof, await databases()]).toEqual([proof, before + 1]);
  }
  const { data } = await cli('doctor', '--fix', '--yes');
  expect(data.findings).toContainEqual(expect.objectContaining({ name: 'scratch', mended: expect.any(String) }));
  expect(await databases()).toBe(before);
  expect((await cli('verify', '--profile', 'quick')).code).toBe(0);
  expect(await health()).toBe(200);
  expect(await verified()).toMatchObject({ passed: true, profile: 'quick', isOutdated: false });
}, 240_000);

test('what was found wrong is not deployed, is not proven twice, and goes with --force', async () => {
  const file = join(created.project.directory, 'server/routes/tasks/index.post.ts');
  const sound = readFileSync(file, 'utf8');
  const { pid } = (await cli('status')).data.server;
  writeFileSync(file, sound.replace("'/tasks'", "'/elsewhere'"));
  expect(await verified()).toMatchObject({ passed: true, isOutdated: true });

  const first = await runCli(['deploy'], { home, cwd: created.project.directory });
  expect([first.code, first.stderr.includes('Its files have changed')]).toEqual([3, true]);
  expect(first.stderr).toContain('deploy it as it is: --force');
  const again = await cli('deploy');
  expect(again).toMatchObject({ code: 3, error: 'verify.failed' });
  expect(again.data.error.details.failed).toContainEqual(expect.objectContaining({ section: 'behaviour' }));
  expect(await verified()).toMatchObject({ passed: false, isOutdated: false });
  expect((await runCli(['status'], { home, cwd: created.project.directory })).stdout).toMatch(/verified {2}failed/);
  expect((await cli('status')).data.server).toMatchObject({ status: 'running', pid });
  expect(existsSync(join(created.project.directory, '.turbobackend/report.html'))).toBe(true);

  // The build that was refused lies in the folder now.
  expect([(await cli('stop')).code, (await cli('start')).code]).toEqual([0, 0]);
  expect(await locationOf('as it was')).toMatch(/^\/tasks\//);

  expect((await cli('deploy', '--force')).code).toBe(0);
  expect(await locationOf('forced')).toMatch(/^\/elsewhere\//);
  expect([(await cli('stop')).code, (await cli('start')).code]).toEqual([0, 0]);
  expect(await locationOf('still forced')).toMatch(/^\/elsewhere\//);
  writeFileSync(file, sound);
  expect((await cli('deploy')).code).toBe(0);
  expect(await locationOf('mended')).toMatch(/^\/tasks\//);
  expect(await verified()).toMatchObject({ passed: true, isOutdated: false });
}, 240_000);

async function killVerify(phase: string): Promise<void> {
  const { child, output, finished } = startCli(['verify', '--profile', 'quick', '--json-stream'], {
    home,
    cwd: created.project.directory,
  });
  child.stdout?.on('data', () => {
    if (output.stdout.includes(`"phase-started","phase":"${phase}"`)) child.kill('SIGKILL');
  });
  expect((await finished).code).toBe(137);
}

async function locationOf(title: string): Promise<string | null> {
  const answer = await fetch(`${created.url}/tasks`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ title }),
  });
  return answer.headers.get('location');
}
