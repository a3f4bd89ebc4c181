import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Created } from '../../src/pipeline/created.ts';
import { type FakeDaytona, startFakeDaytona } from '../support/fakes/daytona.ts';
import { lendFolder } from '../support/lend-folder.ts';
import { runCli, startCli } from '../support/run-cli.ts';
import { sandboxEnvironment } from '../support/sandbox-environment.ts';
import { stopHome } from '../support/stop-home.ts';

/** A backend that is tried in a sandbox of Daytona, through the command line; Daytona is played in this process. */

const { folder: home, giveBack } = lendFolder();
let fake: FakeDaytona;

beforeAll(async () => {
  fake = await startFakeDaytona({ environment: sandboxEnvironment });
});

afterAll(async () => {
  await fake.close();
  await stopHome(home).finally(giveBack);
});

const options = (env: Readonly<Record<string, string>> = {}) => ({
  home,
  env: { DAYTONA_API_KEY: fake.key, DAYTONA_API_URL: fake.apiUrl, ...env },
  timeoutMs: 400_000,
});
const argsFor = (directory: string) => [
  ...['create', 'a todo list with tasks'],
  ...['--dir', directory, '--workspace', 'daytona', '--keep-sandbox', '--verify', 'none', '--yes', '--json'],
];

/** Kills the command when the fake has answered a call of this route, a while after it was started. */
async function killAt(route: string, directory: string): Promise<number> {
  const before = fake.calls.length;
  const { child, finished } = startCli(argsFor(directory), options());
  const timer = setInterval(() => {
    if (fake.calls.slice(before).some((call) => call.route === route)) child.kill('SIGKILL');
  }, 5);
  const { code } = await finished;
  clearInterval(timer);
  return code;
}

const ROUTES = [
  'POST /sandbox',
  'GET /work-dir',
  'POST /files/bulk-upload',
  ...Array.from({ length: 4 }, () => 'POST /process/session/{sessionId}/exec'),
  'POST /process/execute',
  'GET /sandbox/{sandboxIdOrName}/ports/{port}/preview-url',
];

test('killed at calls of every kind, the same command goes on in the same sandbox, and destroy takes it away', async () => {
  const directory = join(home, 'killed');
  for (const route of ROUTES) expect([route, await killAt(route, directory)]).toEqual([route, 137]);
  const { code, stdout, stderr } = await runCli(argsFor(directory), options());
  expect([code, stderr, code === 0 ? '' : stdout]).toEqual([0, '', '']);
  const { project }: Created = JSON.parse(stdout);
  expect(stdout).toContain(`turbobackend-${project.id}`);
  expect([fake.created(), fake.sandboxes().length]).toEqual([1, 1]);
  expect(fake.violations()).toEqual([]);
  const texts = readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((path) => !path.startsWith('node_modules'))
    .map((path) => join(directory, path))
    .filter((path) => statSync(path).isFile())
    .map((path) => readFileSync(path, 'latin1'));
  expect([stdout, ...texts].some((text) => text.includes(fake.key))).toBe(false);
  const destroyed = await runCli(['destroy', project.id, '--yes', '--json'], options());
  expect([destroyed.code, destroyed.code === 0 ? '' : destroyed.stdout]).toEqual([0, '']);
  expect(fake.sandboxes()).toEqual([]);
}, 900_000);

test('a key that is wrong, expired or too weak is named before anything is made', async () => {
  fake.keys.set('dtn_too_weak_for_this', { permissions: ['delete:sandboxes'] });
  fake.keys.set('dtn_expired_since_long', { permissions: [], expiresAt: '2020-01-01T00:00:00.000Z' });
  const made = fake.created();
  for (const key of ['dtn_too_weak_for_this', 'dtn_expired_since_long', 'dtn_unknown_to_all']) {
    const { code, stdout } = await runCli(argsFor(join(home, 'denied')), options({ DAYTONA_API_KEY: key }));
    expect(code).not.toBe(0);
    expect(JSON.parse(stdout).error).toMatchObject({ code: 'remote.denied' });
    expect(stdout).not.toContain(key);
  }
  expect(fake.created()).toBe(made);
});

test('doctor finds what was forsaken at Daytona, whoever made it, by its label', async () => {
  const projectId = 'forsakenforsaken';
  const labels = { 'turbobackend/project': projectId, 'turbobackend/kind': 'workspace' };
  const headers = { authorization: `Bearer ${fake.key}`, 'content-type': 'application/json' };
  const body = JSON.stringify({ name: `turbobackend-${projectId}`, labels });
  await fetch(`${fake.apiUrl}/sandbox`, { method: 'POST', headers, body });
  const { stdout } = await runCli(['doctor', '--remote', '--json'], options());
  expect(stdout).toContain(`turbobackend-${projectId}`);
  expect(stdout).not.toContain(fake.key);
});
