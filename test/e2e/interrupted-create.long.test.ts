import { appendFileSync, chmodSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import type { Created } from '../../src/pipeline/created.ts';
import { administrator, differences, fingerprint } from '../chaos/create-fingerprint.ts';
import { createUntil } from '../chaos/create-kill.ts';
import { createInPeace, killAndRepeat } from '../chaos/create-steps.ts';
import { expectToGoOn, PHASES } from '../support/killed-in-turn.ts';
import { lendFolder } from '../support/lend-folder.ts';
import { withSession } from '../support/provisioning.ts';
import { runCli } from '../support/run-cli.ts';
import { stopHome } from '../support/stop-home.ts';

/** More of interrupted-create.test.ts: every phase, steps cut in the middle, the command `resume`, and whether the comparison can tell. */

const { folder: home, giveBack } = lendFolder();

afterAll(async () => {
  await stopHome(home).finally(giveBack);
});

const options = { home };
const request = ['to-do list', '--verify', 'none'];

test('killed in each phase in turn, the same command finishes, and repeats no finished step', () =>
  expectToGoOn(PHASES, join(home, 'often-killed'), options));

test('killed in the middle of a step, one more run gives what an undisturbed one gives', async () => {
  const peace = await createInPeace(options, request, 'undisturbed');
  expect(peace.lines.size).toBeGreaterThan(100);
  for (const phase of ['provision', 'migrate']) {
    const point = { phase, at: 'between' } as const;
    const { killed, before, after, repeated } = await killAndRepeat(options, request, point, peace);
    expect({ phase, killed, after, repeated }).toEqual({ phase, killed: true, after: [], repeated: [] });
    expect(before.length).toBeGreaterThan(0);
  }
});

test('the comparison sees a changed mode, a changed byte, a right too many and a changed row', async () => {
  const directory = join(home, 'to-damage');
  const { code, stdout } = await runCli(['create', ...request, '--dir', directory, '--json'], options);
  expect(code).toBe(0);
  const database = (JSON.parse(stdout) as Created).database?.name ?? '';
  const login = await administrator(home);
  const sound = await fingerprint(directory, login);
  expect(differences(sound, await fingerprint(directory, login))).toEqual([]);
  chmodSync(join(directory, '.env'), 0o644);
  appendFileSync(join(directory, 'package.json'), ' ');
  await withSession(login(database), async (query) => {
    await query('GRANT CREATE ON SCHEMA app TO PUBLIC');
    await query('UPDATE tb.schema_migrations SET done_statements = 0');
  });
  const found = differences(sound, await fingerprint(directory, login)).join('\n');
  for (const part of ['.env:', 'package.json:', 'database schema', 'database migration']) expect(found).toContain(part);
  expect((await runCli(['destroy', directory, '--yes'], options)).code).toBe(0);
});

test('resume goes on without being told the request, nor how it was to be done', async () => {
  const directory = join(home, 'to-resume');
  const args = [...request, '--framework', 'hono', '--dir', directory];
  const killed = await createUntil(args, options, { phase: 'scaffold', at: 'started' });
  expect(killed.code).toBe(137);
  const resumed = await runCli(['resume', '--json'], { home });
  const created: Created = JSON.parse(resumed.stdout);
  expect([resumed.code, created.project.directory, created.verification]).toEqual([0, directory, null]);
  expect(JSON.parse(readFileSync(join(directory, 'turbobackend.json'), 'utf8')).framework).toBe('hono');
  const nothing = await runCli(['resume', '--json'], { home });
  expect([nothing.code, JSON.parse(nothing.stdout).error.code]).toEqual([2, 'run.not_found']);
});
