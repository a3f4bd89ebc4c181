import { execFileSync } from 'node:child_process';
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { lendFolder } from '../support/lend-folder.ts';
import { CANARY_KEY } from '../support/model-service.ts';
import { type PlayedModel, playModel } from '../support/played-writer.ts';
import { falconry, retirement } from '../support/plays.ts';
import { runCli } from '../support/run-cli.ts';

/** With a model, a sentence may also say what the backend should do: that is written as endpoints are, or told. */

const { folder, giveBack } = lendFolder();
const { host, port, user, password } = inject('cluster');
const project = join(folder, 'falconry');
const play = { ...falconry('nitro'), later: retirement };
let model: PlayedModel;

async function cli(...args: string[]) {
  const env = {
    DB_ADMIN_URL: `postgres://${user}:${password}@${host}:${port}/postgres`,
    PG_DB_SCHEMA: `behaviour_${process.pid}`,
    TURBOBACKEND_MASTER_KEY: 'a key for the tests of behaviour, long enough',
    OPENAI_API_KEY: CANARY_KEY,
    TURBOBACKEND_MODEL_URL: model.url,
  };
  const cwd = args[0] === 'create' || args[0] === 'destroy' ? folder : project;
  const { code, stdout } = await runCli([...args, '--json'], { home: folder, cwd, env, timeoutMs: 380_000 });
  return { code, data: JSON.parse(stdout) };
}

const HANDLER = 'server/custom/retire-falcon.ts';
const OWN = [HANDLER, 'server/custom/retire-falcon.queries.ts', 'test/custom-retire-falcon.test.mjs'];
const ROUTE = 'server/routes/falcons/[id]/retirement.post.ts';

const isThere = (path: string) => existsSync(join(project, path));
const uncommitted = () => execFileSync('git', ['-C', project, 'status', '--porcelain'], { encoding: 'utf8' });
const names = () => (manifest().endpoints ?? []).map(({ name }: { name: string }) => name);
const manifest = () => JSON.parse(readFileSync(join(project, 'turbobackend.json'), 'utf8'));

beforeAll(async () => {
  model = await playModel(play);
  expect((await cli('create', play.request, '--dir', project, '--verify', 'none')).code).toBe(0);
}, 400_000);

afterAll(async () => {
  await cli('destroy', project, '--yes');
  await model.stop();
  await giveBack();
});

test('a sentence about what falcons can do adds a column and an endpoint, beside those that were there', async () => {
  const sentence = 'falcons can be retired, once';
  const dry = await cli('evolve', sentence, '--verify', 'none', '--dry-run');
  expect(dry.data.steps.join()).toMatch(/retired_at/);
  expect(dry.data.behaviour).toEqual([
    { method: 'POST', path: '/falcons/{id}/retirement', purpose: 'Retires a falcon, once.' },
  ]);
  expect(manifest().endpoints).toHaveLength(1);

  const { data } = await cli('evolve', sentence, '--verify', 'none', '--yes');
  expect(data.endpoints).toMatchObject([{ path: '/falcons/{id}/retirement', status: 'written', reason: '' }]);
  expect(manifest().endpoints.map(({ name }: { name: string }) => name)).toEqual(['heaviest-falcons', 'retire-falcon']);

  const deployed = await cli('deploy', '--force');
  expect(deployed.code).toBe(0);
  const { createClient } = await import(join(project, 'client/index.ts'));
  const api = createClient({ baseUrl: deployed.data.deployment.url });
  const { id } = await api.falcons.create({ ring_number: 'CZ 7', weight_grams: 900 });
  expect((await api.custom.retireFalcon({ path: { id } })).retired_at).toBeGreaterThan(0);
  await expect(api.custom.retireFalcon({ path: { id } })).rejects.toMatchObject({ status: 409 });
  expect((await api.custom.heaviestFalcons()).falcons).toHaveLength(1);
}, 400_000);

test('undo takes the endpoint back with its column, redo brings both again, with what a person changed', async () => {
  expect(uncommitted()).toBe('');
  appendFileSync(join(project, HANDLER), '// Checked by a person.\n');
  const planned = await cli('undo', '--dry-run');
  expect(planned.data.code.removed).toEqual(expect.arrayContaining([...OWN, ROUTE]));
  expect(isThere(HANDLER)).toBe(true);

  const undone = await cli('undo', '--yes');
  expect(undone.data).toMatchObject({ migrations: [expect.any(String)], conflicts: [] });
  expect(names()).toEqual(['heaviest-falcons']);
  expect([...OWN, ROUTE].filter(isThere)).toEqual([]);
  expect(readFileSync(join(project, 'client/index.ts'), 'utf8')).not.toContain('retireFalcon');
  expect(uncommitted()).toBe('');
  expect((await cli('verify', '--profile', 'quick')).code).toBe(0);

  const redone = await cli('redo', '--yes');
  expect(redone.data.code.written).toEqual(expect.arrayContaining([...OWN, ROUTE]));
  expect(names()).toEqual(['heaviest-falcons', 'retire-falcon']);
  expect(readFileSync(join(project, HANDLER), 'utf8')).toContain('// Checked by a person.');
  expect(uncommitted()).toBe('');
  const { data } = await cli('deploy', '--force');
  const row = { ring_number: 'CZ 8', weight_grams: 800 };
  const headers = { 'content-type': 'application/json' };
  const post = (path: string, body: object) =>
    fetch(`${data.deployment.url}${path}`, { method: 'POST', body: JSON.stringify(body), headers });
  const { id } = (await (await post('/falcons', row)).json()) as { id: string };
  expect((await post(`/falcons/${id}/retirement`, {})).status).toBe(200);
}, 400_000);

test('behaviour that was not written is told with the reason, and changes no table', async () => {
  const { data } = await cli('evolve', 'falcons sing a song', '--yes');
  expect(data).toMatchObject({ steps: [], applied: [] });
  expect(data.endpoints).toMatchObject([{ path: '/song', status: 'missing', reason: expect.stringMatching(/same 3/) }]);
  expect(names()).toHaveLength(3);

  const undone = await cli('undo', '--yes');
  expect(undone.data).toMatchObject({ version: { title: 'falcons sing a song' }, migrations: [] });
  expect(names()).toEqual(['heaviest-falcons', 'retire-falcon']);
  expect((await cli('redo', '--yes')).code).toBe(0);
  expect(names()).toHaveLength(3);
  expect(isThere(HANDLER)).toBe(true);
}, 400_000);
