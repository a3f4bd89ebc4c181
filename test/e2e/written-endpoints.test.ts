import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LLMock } from '@copilotkit/aimock';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { lendFolder } from '../support/lend-folder.ts';
import { CANARY_KEY } from '../support/model-service.ts';
import { runCli } from '../support/run-cli.ts';

/** A model, played by a server that others wrote, writes an endpoint, gets it wrong, is told, and mends it. */

const { folder, giveBack } = lendFolder();
const { host, port, user, password } = inject('cluster');
const mock = new LLMock({ port: 0 });
const project = join(folder, 'falconry');
const REQUEST = 'a falconry club keeps its falcons and shows the heaviest of them';

const column = {
  description: '',
  nullable: false,
  default: null,
  unique: false,
  primaryKey: false,
  references: null,
  check: null,
  sensitive: false,
  protected: false,
};
const DESIGN = {
  tables: [
    {
      name: 'falcons',
      description: 'Birds of the club',
      columns: [
        { ...column, name: 'id', type: 'varchar(21)', default: { generate: 'id' }, primaryKey: true },
        { ...column, name: 'ring_number', type: 'varchar(20)', unique: true },
        {
          ...column,
          name: 'weight_grams',
          type: 'integer',
          check: { min: 1, max: 20000, minLength: null, maxLength: null },
        },
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

const PLAN = {
  name: 'heaviest-falcons',
  method: 'GET',
  path: '/heaviest-falcons',
  purpose: 'The heaviest falcons, the heaviest first.',
  inputs: 'limit: a whole number from 1 to 50, 10 when it is not given; anything else is refused with 400.',
  answers: '200 {"falcons": [{"id", "ring_number", "weight_grams"}]}',
};

const handler = (check: string) => `import { defineHandler } from 'nitro/h3';
import { problem } from '../lib/problem.ts';
import { heaviestFalcons } from './heaviest-falcons.queries.ts';

export default defineHandler(async (event) => {
  const limit = Number(event.url.searchParams.get('limit') ?? 10);
  ${check}
  return { falcons: await heaviestFalcons({ limit }) };
});
`;
const BAD_CHECK = `const wrong: string = limit;
  if (wrong === '') throw problem(400, '');`;
const GOOD_CHECK =
  "if (!Number.isInteger(limit) || limit < 1 || limit > 50) throw problem(400, 'limit is a whole number from 1 to 50.');";
const TEST = `import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { answered, openClient, refused } from './client.mjs';

const { client, backend } = await openClient();
after(() => backend.close());

test('the heaviest come first', async () => {
  const light = await client.make('falcons', { weight_grams: 19000 });
  const heavy = await client.make('falcons', { weight_grams: 20000 });
  const { falcons } = answered(await client.get('/heaviest-falcons?limit=2'), 200);
  assert.deepEqual(falcons.map(({ id }) => id), [heavy.id, light.id]);
});

test('a limit that is none is refused', async () => {
  refused(await client.get('/heaviest-falcons?limit=0'), 400);
  refused(await client.get('/heaviest-falcons?limit=x'), 400);
});
`;

const call = (name: string, given: object) => ({ name, arguments: JSON.stringify(given) });
const query = (sql: string) => ({
  name: 'heaviestFalcons',
  purpose: 'The heaviest falcons.',
  sql,
  parameters: ['limit'],
});
const HANDLER_FILE = 'server/custom/heaviest-falcons.ts';
const TEST_FILE = 'test/custom-heaviest-falcons.test.mjs';

/** What the model does, turn by turn. */
const TURNS = [
  [
    call('read_file', { path: '.env' }),
    call('write_file', { path: '../../.bashrc', text: 'x' }),
    call('propose_query', query(`select query_to_xml('delete from falcons', true, false, $1) as x`)),
    call(
      'propose_query',
      query('select id, ring_number, weight_grams from app.falcons order by weight_grams desc, id limit $1'),
    ),
    call('write_file', { path: HANDLER_FILE, text: handler(BAD_CHECK) }),
    call('write_file', { path: TEST_FILE, text: TEST }),
    call('done', {}),
  ],
  [call('write_file', { path: HANDLER_FILE, text: handler(GOOD_CHECK) }), call('done', {})],
];

async function cli(args: readonly string[]) {
  const env = {
    DB_ADMIN_URL: `postgres://${user}:${password}@${host}:${port}/postgres`,
    PG_DB_SCHEMA: `written_${process.pid}`,
    TURBOBACKEND_MASTER_KEY: 'a key for the tests of models, long enough',
    OPENAI_API_KEY: CANARY_KEY,
    TURBOBACKEND_MODEL_URL: mock.url,
  };
  const ran = await runCli([...args], { home: folder, cwd: folder, env, timeoutMs: 380_000 });
  expect(`${ran.stdout}${ran.stderr}`).not.toContain(CANARY_KEY);
  return ran;
}

beforeAll(async () => {
  const decision = { needsDatabase: true, reason: 'Falcons are kept.', confidence: 0.9, signals: ['keeps'] };
  mock.on({ systemMessage: /You decide whether/ }, { content: JSON.stringify(decision) });
  mock.on({ systemMessage: /experienced data modeller/ }, { content: JSON.stringify(DESIGN) });
  mock.on({ systemMessage: /You find out which behaviour/ }, { content: JSON.stringify({ endpoints: [PLAN] }) });
  for (const [turnIndex, toolCalls] of TURNS.entries()) {
    const content = turnIndex === 0 ? 'Now the \u001b[31mhandler\u0007.' : '';
    mock.on({ systemMessage: /You write one endpoint/, turnIndex }, { content, toolCalls });
  }
  await mock.start();
});

afterAll(async () => {
  await cli(['destroy', project, '--yes']);
  await mock.stop();
  await giveBack();
}, 60_000);

test('an endpoint with a type error is mended, passes, and is part of a backend that is proven', async () => {
  const created = await cli(['create', REQUEST, '--dir', project, '--max-cost', '2', '--json']);
  expect(created.stderr).toBe('');
  const { url, endpoints, checks } = JSON.parse(created.stdout);
  expect(endpoints).toEqual([{ method: 'GET', path: '/heaviest-falcons', status: 'written', reason: '' }]);
  expect(checks.every(({ passed }: { passed: boolean }) => passed)).toBe(true);
  for (const weight of [900, 1200]) {
    await fetch(`${url}/falcons`, {
      method: 'POST',
      body: JSON.stringify({ ring_number: `CZ ${weight}`, weight_grams: weight }),
      headers: { 'content-type': 'application/json' },
    });
  }
  expect(await (await fetch(`${url}/heaviest-falcons?limit=1`)).json()).toEqual({
    falcons: [{ id: expect.any(String), ring_number: 'CZ 1200', weight_grams: 1200 }],
  });
  expect((await fetch(`${url}/heaviest-falcons?limit=-1`)).status).toBe(400);
  expect((await fetch(`${url}/heaviest-falcons`, { method: 'POST' })).status).toBe(405);

  const sent = mock.getRequests().map(({ body }) => JSON.stringify(body));
  const results = sent.at(-1) ?? '';
  expect(results).toMatch(/Refused: a path is relative/);
  expect(results).toMatch(/query_to_xml\(\) is not allowed/);
  expect(results).toMatch(/Type 'number' is not assignable to type 'string'/);
  expect(sent.join('')).not.toContain(password);
  expect(sent.join('')).not.toMatch(/postgres:\/\//);
  expect(existsSync(join(folder, '.bashrc'))).toBe(false);
  expect(readFileSync(join(project, HANDLER_FILE), 'utf8')).toContain('limit > 50');
}, 400_000);
