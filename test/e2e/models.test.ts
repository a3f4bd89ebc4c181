import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LLMock } from '@copilotkit/aimock';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { lendFolder } from '../support/lend-folder.ts';
import { CANARY_KEY, faultyService } from '../support/model-service.ts';
import { PLAIN_COLUMN } from '../support/plain-column.ts';
import { runCli, startCli } from '../support/run-cli.ts';

/** A whole `create` with a language model, played by a server that others wrote; killed, resumed, replayed. */

const { folder, giveBack } = lendFolder();
const { host, port, user, password } = inject('cluster');
const mock = new LLMock({ port: 0 });
const project = join(folder, 'falconry');
const REQUEST = 'a falconry club keeps its falcons';

const DESIGN = {
  tables: [
    {
      name: 'falcons',
      description: 'Birds of the club',
      columns: [
        { ...PLAIN_COLUMN, name: 'id', type: 'varchar(21)', default: { generate: 'id' }, primaryKey: true },
        { ...PLAIN_COLUMN, name: 'ring_number', type: 'varchar(20)', unique: true },
        { ...PLAIN_COLUMN, name: 'created_at', type: 'bigint', default: { generate: 'created' } },
      ],
      uniques: [],
      indexes: [],
      foreignKeys: [],
      checks: [],
      access: null,
    },
  ],
  enums: [],
  accounts: null,
};

const environment = (url: string) => ({
  DB_ADMIN_URL: `postgres://${user}:${password}@${host}:${port}/postgres`,
  PG_DB_SCHEMA: `models_${process.pid}`,
  TURBOBACKEND_MASTER_KEY: 'a key for the tests of models, long enough',
  OPENAI_API_KEY: CANARY_KEY,
  TURBOBACKEND_MODEL_URL: url,
});

async function cli(args: readonly string[], url = mock.url) {
  const env = environment(url);
  const ran = await runCli([...args], { home: folder, cwd: folder, env });
  expect(`${ran.stdout}${ran.stderr}`).not.toContain(CANARY_KEY);
  return ran;
}

beforeAll(async () => {
  const reason = 'Falcons are \u001b[31mkept\u0007.';
  mock.on(
    { systemMessage: /You decide whether/ },
    { content: JSON.stringify({ needsDatabase: true, reason, confidence: 0.9, signals: ['keeps'] }) },
  );
  mock.on({ systemMessage: /experienced data modeller/ }, { content: JSON.stringify(DESIGN) });
  mock.on({ systemMessage: /You find out which behaviour/ }, { content: '{"endpoints":[]}' });
  await mock.start();
});

afterAll(async () => {
  await cli(['destroy', project, '--yes']);
  await mock.stop();
  await giveBack();
});

test('killed while the model thinks, then resumed: the design of the model runs, and nothing answered is asked again', async () => {
  // Answers as the other one does, and says nothing once it comes to the design.
  const silent = await faultyService(async (response, number) => {
    const body = silent.requests[number - 1]?.body ?? '';
    if (body.includes('experienced data modeller')) return;
    const answer = await fetch(`${mock.url}/v1/chat/completions`, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json' },
    });
    response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? '' });
    response.end(await answer.text());
  });
  const args = ['create', REQUEST, '--dir', project, '--verify', 'none', '--max-cost', '1'];
  const killed = startCli(args, { home: folder, cwd: folder, env: environment(silent.url) });
  await expect.poll(() => silent.requests.length).toBe(2);
  killed.child.kill('SIGKILL');
  await killed.finished;
  await silent.stop();
  mock.clearRequests();

  const created = await cli([...args, '--json']);
  expect(created).toMatchObject({ code: 0, stderr: '' });
  const { url, decision, database, costUsd } = JSON.parse(created.stdout);
  expect(decision).toMatchObject({ decidedBy: 'openai/gpt-5.4-mini', reason: 'Falcons are [31mkept.' });
  expect(database.tables).toEqual(['falcons']);
  // The call that was killed may have cost something, and nobody knows what.
  expect(costUsd).toBeNull();
  // The design, and whether anything is missing.
  expect(mock.getRequests()).toHaveLength(2);
  const row = await fetch(`${url}/falcons`, {
    method: 'POST',
    body: '{"ring_number":"CZ 1"}',
    headers: { 'content-type': 'application/json' },
  });
  expect(row.status).toBe(201);
});

test('the same design comes out of the records, without a network', async () => {
  mock.clearRequests();
  const args = ['design-schema', REQUEST, '--no-save', '--replay', '--json'];
  const replayed = await cli(args, 'http://127.0.0.1:9');
  expect(replayed.code).toBe(0);
  expect(JSON.parse(replayed.stdout).schema.tables[0].columns[1]).toMatchObject({ name: 'ring_number', unique: true });
  expect(mock.getRequests()).toEqual([]);
  const other = await cli(['detect', 'something nobody asked about', '--replay'], 'http://127.0.0.1:9');
  expect(other).toMatchObject({ code: 3, stderr: expect.stringContaining('model.not_recorded') });
});

test('what it cost is told by project, phase, model and day', async () => {
  const { by, total } = JSON.parse((await cli(['cost', project, '--json'])).stdout);
  expect(total).toMatchObject({ calls: 4, unpricedCalls: 1 });
  expect(total.costUsd).toBeGreaterThan(0);
  expect(by.phase.map(({ name }: { name: string }) => name).sort()).toEqual(['design', 'detect', 'write']);
  expect(by.model).toMatchObject([{ name: 'openai/gpt-5.4-mini', calls: 4 }]);
  const shown = await cli(['cost']);
  expect(shown.stdout).toMatch(/and 1 call of unknown price/);
  expect(shown.stdout).toMatch(/openai\/gpt-5\.4-mini +█+ +\$0\.0\d+/);
});

test('what is sent is shown, and holds no file and no secret', async () => {
  const shown = await cli(['detect', 'a club that looks at its prompts', '--no-save', '--show-prompts']);
  expect(shown.stderr).toMatch(/Sent to openai\/gpt-5\.4-mini at 127\.0\.0\.1/);
  expect(shown.stderr).toContain('You decide whether a backend needs a database');
  expect(shown.stderr).toContain('a club that looks at its prompts');
  expect(shown.stderr).not.toContain(password);
});

test('the key is written nowhere', () => {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = files
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !path.includes('node_modules'));
  expect(existsSync(join(project, 'turbobackend.json'))).toBe(true);
  expect(paths.filter((path) => readFileSync(path, 'latin1').includes(CANARY_KEY))).toEqual([]);
});

test('no model can be reached: detection says so and goes on without a database, a design stops', async () => {
  const nowhere = 'http://127.0.0.1:9';
  const detected = await cli(['detect', 'a club of nobody at all', '--no-save', '--json'], nowhere);
  expect(JSON.parse(detected.stdout)).toMatchObject({ needsDatabase: false, confidence: 0, decidedBy: 'nobody' });
  const designed = await cli(['design-schema', 'a club of nobody at all', '--database', 'yes', '--no-save'], nowhere);
  expect(designed).toMatchObject({
    code: 4,
    stderr: expect.stringMatching(/model\.unreachable[\s\S]*--model planner/),
  });
  const planned = await cli(
    ['design-schema', 'a club of members', '--model', 'planner', '--no-save', '--json'],
    nowhere,
  );
  expect(JSON.parse(planned.stdout).decision.decidedBy).toBe('planner');
});
