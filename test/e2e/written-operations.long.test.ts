import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { canariesIn } from '../support/canaries.ts';
import { lendFolder } from '../support/lend-folder.ts';
import { CANARY_KEY } from '../support/model-service.ts';
import { operationPlays } from '../support/operation-plays.ts';
import { type PlayedModel, playOperations } from '../support/played-writer.ts';
import { runCli, startCli } from '../support/run-cli.ts';

/**
 * A model, played by a server that others wrote, writes the operations of a document that no resource covers: two it gets
 * wrong first, is told and mends, one it gives up. Killed in between, nothing is paid twice.
 */

const { folder, giveBack } = lendFolder();
const { host, port, user, password } = inject('cluster');
const project = join(folder, 'falconry');
const document = fileURLToPath(new URL('../domain/contract/documents/falconry.yaml', import.meta.url));
let model: PlayedModel;

const secrets = new Map([
  ['key', CANARY_KEY],
  ['password', password],
  ['master key', 'a key for the tests of operations, long enough'],
]);

const options = (url: string) => ({
  home: folder,
  cwd: folder,
  timeoutMs: 380_000,
  env: {
    DB_ADMIN_URL: `postgres://${user}:${password}@${host}:${port}/postgres`,
    PG_DB_SCHEMA: `operations_${process.pid}`,
    TURBOBACKEND_MASTER_KEY: secrets.get('master key') ?? '',
    OPENAI_API_KEY: CANARY_KEY,
    TURBOBACKEND_MODEL_URL: url,
  },
});

async function cli(args: readonly string[], url = model.url) {
  const ran = await runCli([...args], options(url));
  expect(canariesIn(`${ran.stdout}${ran.stderr}`, secrets)).toEqual([]);
  return ran;
}

const create = (directory: string) => [
  'create',
  '--openapi',
  document,
  '--dir',
  directory,
  '--max-cost',
  '5',
  '--json',
];
const read = (directory: string, path: string) => readFileSync(join(directory, path), 'utf8');

beforeAll(async () => {
  model = await playOperations(operationPlays);
});

afterAll(async () => {
  await cli(['destroy', project, '--yes']);
  await cli(['destroy', `${project}-again`, '--yes']);
  await model.stop();
  await giveBack();
});

test('operations that no resource covers are written, mended, proven and served; what is not is told', async () => {
  // The third operation is asked for when it is killed.
  const reached = new Promise<void>((resolve) => model.hold(5, resolve));
  const { child, finished } = startCli(create(project), options(model.url));
  await Promise.race([reached, finished]);
  child.kill('SIGKILL');
  await finished;

  const created = await cli(create(project));
  expect(created.stderr).not.toMatch(/rror/);
  const { url, endpoints, missing, checks, verification } = JSON.parse(created.stdout);
  const ends = endpoints.map(({ path, status }: { path: string; status: string }) => [path, status]);
  expect(ends).toEqual([
    ['/v1/weights', 'written'],
    ['/v1/feedings', 'written'],
    ['/v1/comparisons/{one}/{other}', 'written'],
    ['/v1/flights', 'missing'],
  ]);
  expect(missing).toEqual([{ operation: 'planFlight', reason: expect.stringMatching(/tried the same 3 times/) }]);
  expect(checks.filter(({ passed }: { passed: boolean }) => !passed)).toEqual([]);
  expect(verification.sections).toContainEqual({ name: 'tests', outcome: 'passed', reason: expect.anything() });

  const answered = model.requests.filter(({ answered: done }) => done).map(({ body }) => body);
  expect(new Set(answered).size).toBe(answered.length);
  const sent = answered.join('');
  const told = [/is not as the document says/, /'grams' is possibly 'null'/, /200 !== 422/];
  expect(told.filter((form) => !form.test(sent))).toEqual([]);
  expect(canariesIn(sent, secrets)).toEqual([]);
  expect(sent.includes('postgres://')).toBe(false);

  const ask = async (path: string, body?: object) => {
    const init = { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
    const answer = await fetch(`${url}/v1${path}`, body && init);
    return { status: answer.status, body: JSON.parse(await answer.text()) };
  };
  const one = (await ask('/falcons', { ring: 'CZ 1', grams: 1000 })).body;
  const other = (await ask('/falcons', { ring: 'CZ 2', grams: 800 })).body;
  expect(await ask('/feedings', { grams: 20 })).toEqual({ status: 200, body: { fed: 2 } });
  expect(await ask('/feedings', { grams: 0 })).toEqual({
    status: 422,
    body: { message: expect.stringMatching(/grams/) },
  });
  expect(await ask('/weights')).toEqual({ status: 200, body: { falcons: 2, grams: 1840 } });
  expect((await ask(`/comparisons/${one.id}/${other.id}?unit=kg`)).body).toEqual({ difference: 0.2, unit: 'kg' });
  expect((await ask('/flights', {})).status).toBe(501);

  const readme = read(project, 'README.md');
  expect(readme).toMatch(/^\| POST \| `\/v1\/feedings` \| 200, 422 \| feedAll/m);
  expect(readme).toMatch(/^- `server\/custom\/operations\/planFlight\.ts`: the model tried/m);
  expect(existsSync(join(project, 'test/operation-feedAll.test.mjs'))).toBe(true);
  expect(JSON.parse(read(project, 'turbobackend.json')).contract.missing).toEqual(missing);
}, 400_000);

test('it is made again from what was recorded, without a network', async () => {
  const again = `${project}-again`;
  const args = [...create(again), '--replay', '--verify', 'none'];
  const { stdout } = await cli(args, 'http://127.0.0.1:9/v1');
  const { endpoints } = JSON.parse(stdout);
  expect(endpoints.filter(({ status }: { status: string }) => status === 'written')).toHaveLength(3);
  const files = ['server/lib/failures.ts', 'test/operations.json', 'README.md'];
  for (const id of ['sumWeights', 'feedAll', 'compareFalcons']) {
    files.push(`server/custom/operations/${id}.ts`, `server/custom/operations/${id}.queries.ts`);
  }
  for (const path of files) expect(read(again, path)).toBe(read(project, path));
}, 400_000);
