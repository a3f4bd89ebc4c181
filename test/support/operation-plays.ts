import { type OperationPlays, type PlayedCall, toolCall } from './played-writer.ts';

/** What a model does for the operations of `falconry.yaml` that no resource covers. */

export const handlerOf = (id: string, imports: readonly string[], parts: string, body: string) => `${[
  ...imports.filter((line) => !line.includes("'.")),
  "import { failures } from '../../lib/failures.ts';",
  "import { operation } from '../../lib/operation.ts';",
  ...imports.filter((line) => line.includes("'.")),
].join('\n')}

${parts}export default operation(failures.${id}, async (${body.includes('event') ? 'event' : ''}) => {
${body}
});
`;

const testOf = (cases: string) => `import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { openContract } from './operations.mjs';

const contract = await openContract();
after(() => contract.stop());

const falcon = async (ring, grams) =>
  (await contract.ask('addFalcon', { body: { ring, grams } })).body;

${cases}`;

export const write = (id: string, text: string): PlayedCall =>
  toolCall('write_file', { path: `server/custom/operations/${id}.ts`, text });
const writeTest = (id: string, cases: string): PlayedCall =>
  toolCall('write_file', { path: `test/operation-${id}.test.mjs`, text: testOf(cases) });

const sum = (row: string) =>
  handlerOf(
    'sumWeights',
    ["import { sumWeights } from './sumWeights.queries.ts';"],
    '',
    `  const [row] = await sumWeights();
  return ${row};`,
  );

const SUM_TEST = `test('all of them are weighed', async () => {
  await falcon('CZ 1', 900);
  await falcon('CZ 2', 1100);
  const { status, body } = await contract.ask('sumWeights');
  assert.equal(status, 200);
  assert.ok(body.falcons >= 2 && body.grams >= 2000);
});
`;

const feed = (grams: string) =>
  handlerOf(
    'feedAll',
    [
      "import { z } from 'zod';",
      "import { readBody } from '../../lib/request.ts';",
      "import { feedAll } from './feedAll.queries.ts';",
    ],
    `const bodySchema = z.strictObject({ grams: ${grams} });\n\n`,
    `  const { grams } = await readBody(event, bodySchema);
  const fed = await feedAll({ grams });
  return { fed: fed.length };`,
  );

const FEED_TEST = `test('each is heavier afterwards', async () => {
  const { id, grams } = await falcon('CZ 3', 700);
  const { status, body } = await contract.ask('feedAll', { body: { grams: 10 } });
  assert.equal(status, 200);
  assert.ok(body.fed >= 1);
  const fed = await contract.ask('readFalcon', { path: { id } });
  assert.equal(fed.body.grams, grams + 10);
});

test('too much and nothing are refused', async () => {
  for (const grams of [0, 101, 'much', null]) {
    assert.equal((await contract.ask('feedAll', { body: { grams } })).status, 422);
  }
});
`;

const compare = (difference: string) =>
  handlerOf(
    'compareFalcons',
    [
      "import { z } from 'zod';",
      "import { readKey, found } from '../../lib/request.ts';",
      "import { readQuery } from '../../lib/operation.ts';",
      "import { weigh } from './compareFalcons.queries.ts';",
    ],
    `const key = z.string().regex(/^\\d{1,15}$/);
const pathSchema = z.object({ one: key, other: key });
const querySchema = z.object({ unit: z.enum(['g', 'kg']).default('g') });

`,
    `  const { one, other } = readKey(event, pathSchema);
  const { unit } = readQuery(event, querySchema);
  const rows = await weigh({ one: Number(one), other: Number(other) });
  const { difference } = found(rows.at(0));
  const grams = ${difference};
  return { difference: unit === 'kg' ? grams / 1000 : grams, unit };`,
  ).replace(
    "import { operation } from '../../lib/operation.ts';\nimport { readKey, found } from '../../lib/request.ts';\nimport { readQuery } from '../../lib/operation.ts';",
    "import { operation, readQuery } from '../../lib/operation.ts';\nimport { found, readKey } from '../../lib/request.ts';",
  );

const COMPARE_TEST = `test('the first is so much heavier', async () => {
  const [one, other] = [await falcon('CZ 4', 1500), await falcon('CZ 5', 900)];
  const path = { one: one.id, other: other.id };
  const { body } = await contract.ask('compareFalcons', { path });
  assert.deepEqual(body, { difference: 600, unit: 'g' });
  const light = await contract.ask('compareFalcons', { path, query: { unit: 'kg' } });
  assert.deepEqual(light.body, { difference: 0.6, unit: 'kg' });
});

test('who is not there is not compared', async () => {
  const { status } = await contract.ask('compareFalcons', { path: { one: 1, other: 999999 } });
  assert.equal(status, 404);
});
`;

export const operationPlays: OperationPlays = {
  // The answer is not as the document says: told by its test, mended.
  sumWeights: [
    [
      toolCall('propose_query', {
        name: 'sumWeights',
        purpose: 'How many falcons there are, and what they weigh together.',
        sql: 'select count(id) as falcons, coalesce(sum(grams), 0)::bigint as grams from app.falcons',
        parameters: [],
      }),
      write('sumWeights', sum('{ falcons: row?.falcons ?? 0, weight: row?.grams ?? 0 }')),
      writeTest('sumWeights', SUM_TEST),
      toolCall('test'),
    ],
    [write('sumWeights', sum('{ falcons: row?.falcons ?? 0, grams: row?.grams ?? 0 }')), toolCall('done')],
  ],
  // Everything is taken; the document says what is not. The test notices, the handler is mended.
  feedAll: [
    [
      toolCall('propose_query', {
        name: 'feedAll',
        purpose: 'Makes every falcon heavier.',
        sql: 'update app.falcons set grams = grams + $1 where grams + $1 <= 20000 returning id',
        parameters: ['grams'],
      }),
      write('feedAll', feed('z.number()')),
      writeTest('feedAll', FEED_TEST),
      toolCall('done'),
    ],
    [write('feedAll', feed('z.int().min(1).max(100)')), toolCall('done')],
  ],
  // What may be null is told by the types.
  compareFalcons: [
    [
      toolCall('read_file', { path: 'server/lib/operation.ts' }),
      toolCall('propose_query', {
        name: 'weigh',
        purpose: 'By how much one falcon is heavier than another.',
        sql: 'select coalesce(one.grams - other.grams, 0) as difference from app.falcons as one join app.falcons as other on other.id = $2 where one.id = $1',
        parameters: ['one', 'other'],
      }),
      write('compareFalcons', compare('difference')),
      writeTest('compareFalcons', COMPARE_TEST),
    ],
    [toolCall('typecheck')],
    [write('compareFalcons', compare('difference ?? 0')), toolCall('done')],
  ],
  // It finds no way.
  planFlight: [[toolCall('read_file', { path: '.env' })]],
};
