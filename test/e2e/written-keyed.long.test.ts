import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { canariesIn } from '../support/canaries.ts';
import { run } from '../support/generated-projects.ts';
import { keyedPlays } from '../support/keyed-plays.ts';
import { lendFolder } from '../support/lend-folder.ts';
import { CANARY_KEY } from '../support/model-service.ts';
import { type PlayedModel, playOperations } from '../support/played-writer.ts';
import { runCli } from '../support/run-cli.ts';

/**
 * A model, played by a server that others wrote, writes operations that keys open: in a header, in a header or as bearer,
 * in a query where it may be missing, in a cookie.
 */

const { folder, giveBack } = lendFolder();
const { host, port, user, password } = inject('cluster');
const project = join(folder, 'beehives');
const document = fileURLToPath(new URL('../domain/contract/documents/beehives.yaml', import.meta.url));
const secrets = new Map([
  ['key', CANARY_KEY],
  ['password', password],
]);
let model: PlayedModel;

async function cli(args: readonly string[], url = model.url) {
  const ran = await runCli([...args], {
    home: folder,
    cwd: folder,
    timeoutMs: 880_000,
    env: {
      DB_ADMIN_URL: `postgres://${user}:${password}@${host}:${port}/postgres`,
      PG_DB_SCHEMA: `keyed_${process.pid}`,
      TURBOBACKEND_MASTER_KEY: 'a key for the tests of keyed operations',
      OPENAI_API_KEY: CANARY_KEY,
      TURBOBACKEND_MODEL_URL: url,
    },
  });
  expect(canariesIn(`${ran.stdout}${ran.stderr}`, secrets)).toEqual([]);
  return ran;
}

const create = (directory: string) => {
  const where = ['--openapi', document, '--dir', directory];
  return ['create', ...where, '--max-cost', '5', '--json'];
};
const read = (directory: string, path: string) => readFileSync(join(directory, path), 'utf8');

beforeAll(async () => {
  model = await playOperations(keyedPlays);
});

afterAll(async () => {
  await cli(['destroy', project, '--yes']);
  await cli(['destroy', `${project}-again`, '--yes']);
  await model.stop();
  await giveBack();
}, 60_000);

test('operations behind keys are written wrong, told, mended, proven and served', async () => {
  const created = await cli(create(project));
  expect(created.stderr).not.toMatch(/rror/);
  const { url, endpoints, missing, verification } = JSON.parse(created.stdout);
  const ends = endpoints.map(({ path, status, reason }: Record<string, string>) => [path, status, reason]);
  expect(ends).toEqual([
    ['/honey', 'written', ''],
    ['/hives/{id}/harvest', 'written', ''],
    ['/forecast', 'written', ''],
    ['/queens/names', 'written', ''],
  ]);
  expect(missing).toEqual([]);
  expect(verification.sections).toContainEqual({ name: 'tests', outcome: 'passed', reason: expect.anything() });

  const sent = model.requests.map(({ body }) => body).join('');
  const told = [/there is no table api_keys/, /is not as the document says/, /422 !== 409/];
  expect(told.filter((form) => !form.test(sent))).toEqual([]);
  expect(canariesIn(sent, secrets)).toEqual([]);
  expect(model.requests[0]?.body).not.toContain('api_keys');

  const made = await run(process.execPath, ['scripts/api-keys.mjs', 'add', 'me', '--scopes', 'harvest'], {
    cwd: project,
  });
  const key = made.output.trim();
  const ask = async (path: string, headers: Record<string, string> = {}, body?: object) => {
    const json = { method: 'POST', body: JSON.stringify(body) };
    const init = { ...(body && json), headers: { ...headers, 'content-type': 'application/json' } };
    const answer = await fetch(`${url}${path}`, init);
    return { status: answer.status, body: JSON.parse(await answer.text()) };
  };
  const hive = await ask('/hives', { 'x-hive-key': key }, { place: 'Orchard', grams: 1000 });
  expect(hive.status).toBe(201);
  const refused = { status: 401, body: { message: expect.any(String) } };
  expect((await ask('/hives')).body).toEqual([hive.body]);
  expect(await ask('/hives', { 'x-hive-key': 'no' })).toEqual(refused);
  for (const headers of [{}, { 'x-hive-key': `${key}A` }, { cookie: `hive=${key}` }])
    expect(await ask('/honey', headers)).toEqual(refused);
  const honey = { status: 200, body: { hives: 1, grams: 1000 } };
  expect(await ask('/honey', { 'x-hive-key': key })).toEqual(honey);
  expect(await ask('/honey', { authorization: `Bearer ${key}` })).toEqual(honey);
  expect(await ask(`/honey?sheet=${key}`)).toEqual(refused);
  const harvest = `/hives/${hive.body.id}/harvest`;
  expect(await ask(harvest, { 'x-hive-key': key }, { grams: 1 })).toEqual(refused);
  expect(await ask(harvest, { authorization: `Bearer ${key}` }, { grams: 1 })).toEqual({
    status: 200,
    body: { left: 999 },
  });
  expect(await ask('/forecast')).toEqual({ status: 200, body: { honey: true } });
  expect((await ask(`/forecast?sheet=${key}`)).body).toEqual({ honey: true, grams: 999 });
  expect(await ask('/forecast?sheet=no')).toEqual(refused);
  expect((await ask('/queens/names', { cookie: `a=b; hive=${key}` })).body).toEqual({ name: 'Melissa' });
  expect(await ask('/queens/names', { 'x-hive-key': key })).toEqual(refused);
}, 900_000);

test('it is made again from what was recorded, without a network', async () => {
  const again = `${project}-again`;
  const { stdout } = await cli([...create(again), '--replay', '--verify', 'none'], 'http://127.0.0.1:9/v1');
  const { endpoints } = JSON.parse(stdout);
  expect(endpoints.filter(({ status }: { status: string }) => status === 'written')).toHaveLength(4);
  for (const id of ['weighHoney', 'harvestHive', 'forecastHoney', 'nameQueen']) {
    const path = `server/custom/operations/${id}.ts`;
    expect(read(again, path)).toBe(read(project, path));
  }
}, 900_000);
