import { handlerOf, write } from './operation-plays.ts';
import { type OperationPlays, type PlayedCall, toolCall } from './played-writer.ts';

/** What a model does for the operations of `beehives.yaml` that no resource covers: keys open them. */

const testOf = (id: string, cases: string): PlayedCall =>
  toolCall('write_file', {
    path: `test/operation-${id}.test.mjs`,
    text: `import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { openContract } from './operations.mjs';

const contract = await openContract();
after(() => contract.stop());

const { token } = await contract.signUp();

${cases}`,
  });

const weigh = (row: string) =>
  handlerOf(
    'weighHoney',
    ["import { weigh } from './weighHoney.queries.ts';"],
    '',
    `  const [row] = await weigh();
  return ${row};`,
  );

const WEIGH_TEST = `test('all hives are weighed', async () => {
  const { grams } = await contract.make('hives', token);
  const { status, body } = await contract.ask('weighHoney', { token });
  assert.equal(status, 200);
  assert.ok(body.hives >= 1 && body.grams >= grams);
});

test('nobody is told without a key', async () => {
  assert.equal((await contract.ask('weighHoney')).status, 401);
});
`;

const harvest = (condition: string) =>
  handlerOf(
    'harvestHive',
    [
      "import { z } from 'zod';",
      "import { problem } from '../../lib/problem.ts';",
      "import { found, readBody, readKey } from '../../lib/request.ts';",
      "import { take, weighHive } from './harvestHive.queries.ts';",
    ],
    `const pathSchema = z.object({ id: z.string().regex(/^\\d{1,15}$/) });
const bodySchema = z.strictObject({ grams: z.int().min(1).max(5000) });

`,
    `  const { id } = readKey(event, pathSchema);
  const { grams } = await readBody(event, bodySchema);
  const [hive] = await take({ id: Number(id), grams });
  if (hive) return { left: hive.grams };
  found((await weighHive({ id: Number(id) })).at(0));
  throw problem(${condition}, 'There is less honey than that.');`,
  );

const HARVEST_TEST = `const hive = (grams) => contract.ask('addHive', { body: { place: 'Orchard', grams }, token });

test('what is taken is gone', async () => {
  const { id } = (await hive(900)).body;
  const taken = await contract.ask('harvestHive', { path: { id }, body: { grams: 400 }, token });
  assert.deepEqual(taken.body, { left: 500 });
  const shown = await contract.ask('readHive', { path: { id }, token });
  assert.equal(shown.body.grams, 500);
});

test('there is no more honey than there is', async () => {
  const { id } = (await hive(10)).body;
  const refused = await contract.ask('harvestHive', { path: { id }, body: { grams: 11 }, token });
  assert.equal(refused.status, 409);
});

test('a key that is good for nothing takes nothing', async () => {
  const { id } = (await hive(10)).body;
  const { token: lesser } = await contract.signUp([]);
  const given = { path: { id }, body: { grams: 1 } };
  assert.equal((await contract.ask('harvestHive', { ...given, token: lesser })).status, 403);
});
`;

const forecast = (shown: string) =>
  handlerOf(
    'forecastHoney',
    ["import { hasKey } from '../../lib/optional-key.ts';", "import { forecast } from './forecastHoney.queries.ts';"],
    '',
    `  const isKnown = await hasKey(event, { sheet: [] });
  const [row] = await forecast();
  const grams = row?.grams ?? 0;
  return ${shown};`,
  ).replace(
    /(import \{ operation \}.*\n)(import \{ hasKey \}.*\n)/,
    (_all, operation: string, hasKey: string) => operation + hasKey,
  );

const FORECAST_TEST = `test('how much there is, is told to those with a key', async () => {
  await contract.make('hives', token);
  const known = await contract.ask('forecastHoney', { token });
  assert.equal(known.status, 200);
  assert.ok(known.body.grams > 0);
});

test('others are told whether there is some', async () => {
  const { status, body } = await contract.ask('forecastHoney');
  assert.equal(status, 200);
  assert.deepEqual(Object.keys(body), ['honey']);
});
`;

const NAME_TEST = `test('a queen gets a name', async () => {
  const { status, body } = await contract.ask('nameQueen', { token });
  assert.equal(status, 200);
  assert.equal(body.name, 'Melissa');
});
`;

export const keyedPlays: OperationPlays = {
  // It wants to read keys, and is refused; its answer has another member, and is told so by its test.
  weighHoney: [
    [
      toolCall('propose_query', {
        name: 'weigh',
        purpose: 'Who has keys.',
        sql: 'select name, key_hash from app.api_keys',
        parameters: [],
      }),
      toolCall('propose_query', {
        name: 'weigh',
        purpose: 'How many hives there are, and what is in them.',
        sql: 'select count(id) as hives, coalesce(sum(grams), 0)::bigint as grams from app.hives',
        parameters: [],
      }),
      write('weighHoney', weigh('{ hives: row?.hives ?? 0, weight: row?.grams ?? 0 }')),
      testOf('weighHoney', WEIGH_TEST),
      toolCall('test'),
    ],
    [
      write('weighHoney', weigh('{ hives: row?.hives ?? 0, grams: row?.grams ?? 0 }')),
      toolCall('request', {
        requests: [
          { method: 'GET', path: '/honey', body: null, token: '{{key}}' },
          { method: 'GET', path: '/honey', body: null, token: null },
        ],
      }),
    ],
    [toolCall('done')],
  ],
  // The document says 409, and the test notices.
  harvestHive: [
    [
      toolCall('propose_query', {
        name: 'take',
        purpose: 'Takes honey out of a hive that has enough.',
        sql: 'update app.hives set grams = grams - $2 where id = $1 and grams >= $2 returning grams',
        parameters: ['id', 'grams'],
      }),
      toolCall('propose_query', {
        name: 'weighHive',
        purpose: 'What is in a hive.',
        sql: 'select grams from app.hives where id = $1',
        parameters: ['id'],
      }),
      write('harvestHive', harvest('400')),
      testOf('harvestHive', HARVEST_TEST),
      toolCall('done'),
    ],
    [write('harvestHive', harvest('409')), toolCall('done')],
  ],
  // Everybody is told how much there is; its test notices.
  forecastHoney: [
    [
      toolCall('propose_query', {
        name: 'forecast',
        purpose: 'How much honey there is.',
        sql: 'select coalesce(sum(grams), 0)::bigint as grams from app.hives',
        parameters: [],
      }),
      write('forecastHoney', forecast('{ honey: grams > 0, ...(isKnown === null ? {} : { grams }) }')),
      testOf('forecastHoney', FORECAST_TEST),
      toolCall('done'),
    ],
    [write('forecastHoney', forecast('{ honey: grams > 0, ...(isKnown && { grams }) }')), toolCall('done')],
  ],
  nameQueen: [
    [
      write('nameQueen', handlerOf('nameQueen', [], '', "  return { name: 'Melissa' };")),
      testOf('nameQueen', NAME_TEST),
      toolCall('done'),
    ],
  ],
};
