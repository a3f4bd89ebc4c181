import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { canariesIn } from '../support/canaries.ts';
import { lendFolder } from '../support/lend-folder.ts';
import { CANARY_KEY } from '../support/model-service.ts';
import { type PlayedModel, playModel } from '../support/played-writer.ts';
import { falconry } from '../support/plays.ts';
import { runCli } from '../support/run-cli.ts';

/**
 * A model, played by a server that others wrote, writes an endpoint, gets it wrong, is told, and mends it. Verification,
 * kills, replay, other kinds of projects and hostile models: `npm run chaos:loop`.
 */

const { folder, giveBack } = lendFolder();
const { host, port, user, password } = inject('cluster');
const project = join(folder, 'falconry');
const play = falconry('nitro');
let model: PlayedModel;

const secrets = new Map([
  ['key', CANARY_KEY],
  ['password', password],
  ['master key', 'a key for the tests of models, long enough'],
]);

async function cli(args: readonly string[]) {
  const env = {
    DB_ADMIN_URL: `postgres://${user}:${password}@${host}:${port}/postgres`,
    PG_DB_SCHEMA: `written_${process.pid}`,
    TURBOBACKEND_MASTER_KEY: secrets.get('master key') ?? '',
    OPENAI_API_KEY: CANARY_KEY,
    TURBOBACKEND_MODEL_URL: model.url,
  };
  const ran = await runCli([...args], { home: folder, cwd: folder, env, timeoutMs: 380_000 });
  expect(canariesIn(`${ran.stdout}${ran.stderr}`, secrets)).toEqual([]);
  return ran;
}

beforeAll(async () => {
  model = await playModel(play);
});

afterAll(async () => {
  await cli(['destroy', project, '--yes']);
  await model.stop();
  await giveBack();
});

test('an endpoint with a type error is mended, accepted, served and told of', async () => {
  const created = await cli([
    'create',
    play.request,
    '--dir',
    project,
    '--max-cost',
    '2',
    '--verify',
    'none',
    '--json',
  ]);
  expect(created.stderr).toBe('');
  const { url, endpoints } = JSON.parse(created.stdout);
  expect(endpoints).toEqual([{ method: 'GET', path: '/heaviest-falcons', status: 'written', reason: '' }]);
  expect(await play.ask(url)).toEqual([]);

  const sent = model.requests.map(({ body }) => body);
  const results = sent.at(-1) ?? '';
  expect(results).toMatch(/Refused: a path is relative/);
  expect(results).toMatch(/query_to_xml\(\) is not allowed/);
  expect(results).toMatch(/Type 'number' is not assignable to type 'string'/);
  expect(canariesIn(sent.join(''), secrets)).toEqual([]);
  expect(sent.join('')).not.toMatch(/postgres:\/\//);
  expect(existsSync(join(folder, '.bashrc'))).toBe(false);

  const read = (path: string) => readFileSync(join(project, path), 'utf8');
  expect(read('server/custom/heaviest-falcons.ts')).toContain('limit > 50');
  expect(read('README.md')).toContain('- `GET /heaviest-falcons` (`server/custom/heaviest-falcons.ts`): The heaviest');
  const { paths } = JSON.parse(await (await fetch(`${url}/openapi.json`)).text());
  const described = paths['/heaviest-falcons'].get;
  expect(described.summary).toBe(play.plan.purpose);
  expect(described.parameters).toEqual([{ name: 'limit', in: 'query', required: false, schema: { type: 'integer' } }]);
  expect(described.responses[200].content['application/json'].schema.required).toEqual(['falcons']);

  const { createClient } = await import(join(project, 'client/index.ts'));
  const api = createClient({ baseUrl: url });
  const { falcons } = await api.custom.heaviestFalcons({ query: { limit: 1 } });
  expect(falcons[0].weight_grams).toBe(1200);
  await expect(api.custom.heaviestFalcons({ query: { limit: 0 } })).rejects.toMatchObject({ status: 400 });
}, 400_000);
