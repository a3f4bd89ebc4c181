import { PLAIN_COLUMN } from './plain-column.ts';
import { type Play, toolCall } from './played-writer.ts';

/** Requests with behaviour of their own, and models that answer them. */

const column = (name: string, type: string, more: object = {}) => ({ ...PLAIN_COLUMN, name, type, ...more });
const KEY = column('id', 'varchar(21)', { default: { generate: 'id' }, primaryKey: true });
const TABLE = { description: '', uniques: [], indexes: [], foreignKeys: [], checks: [], access: null };
const range = (min: number, max: number) => ({ check: { min, max, minLength: null, maxLength: null } });

const FALCONS = {
  tables: [
    {
      ...TABLE,
      name: 'falcons',
      description: 'Birds of the club',
      columns: [
        KEY,
        column('ring_number', 'varchar(20)', { unique: true }),
        column('weight_grams', 'integer', range(1, 20_000)),
      ],
    },
  ],
  enums: [],
  accounts: null,
};

const heaviest = (from: string, check: string) => `import { defineHandler } from '${from}';
import { problem } from '../lib/problem.ts';
import { heaviestFalcons } from './heaviest-falcons.queries.ts';

export default defineHandler(async (event) => {
  const limit = Number(event.url.searchParams.get('limit') ?? 10);
  ${check}
  return { falcons: await heaviestFalcons({ limit }) };
});
`;
const WRONG_TYPE = `const wrong: string = limit;
  if (wrong === '') throw problem(400, '');`;
const RIGHT =
  "if (!Number.isInteger(limit) || limit < 1 || limit > 50) throw problem(400, 'limit is a whole number from 1 to 50.');";
const HEAVIEST_TEST = `import assert from 'node:assert/strict';
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
const heaviestQuery = (sql: string) =>
  toolCall('propose_query', {
    name: 'heaviestFalcons',
    purpose: 'The heaviest falcons.',
    sql,
    parameters: ['limit'],
  });

interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: plays look into answers of every shape
  readonly body: any;
}

async function send(url: string, body: object, token?: string): Promise<Answer> {
  const headers = { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) };
  const answer = await fetch(url, { method: 'POST', body: JSON.stringify(body), headers });
  return { status: answer.status, body: await answer.json() };
}

async function read(url: string, token?: string): Promise<Answer> {
  const answer = await fetch(url, { headers: token ? { authorization: `Bearer ${token}` } : {} });
  return { status: answer.status, body: await answer.json() };
}

/** What was not as it should be. */
function faultsOf(checks: Readonly<Record<string, boolean>>): readonly string[] {
  return Object.entries(checks).flatMap(([name, holds]) => (holds ? [] : [name]));
}

const describe = (query: readonly object[], body: object | null, answer: object) =>
  toolCall('describe', {
    query,
    body: body && JSON.stringify(body),
    status: 200,
    answer: JSON.stringify(answer),
  });

const FALCON = {
  type: 'object',
  required: ['id', 'ring_number', 'weight_grams'],
  properties: { id: { type: 'string' }, ring_number: { type: 'string' }, weight_grams: { type: 'integer' } },
  additionalProperties: false,
};

const totals = (type: string) =>
  describe([], null, {
    ...{ type: 'object', required: ['cents', 'donations'] },
    properties: { cents: { type }, donations: { type: 'integer' } },
  });

/** A table, a query, a type error that is mended; forbidden paths and queries on the way. */
export const falconry = (framework: 'nitro' | 'hono'): Play => {
  const from = framework === 'hono' ? '#http' : 'nitro/h3';
  const handler = (check: string) =>
    toolCall('write_file', { path: 'server/custom/heaviest-falcons.ts', text: heaviest(from, check) });
  return {
    name: `falconry-${framework}`,
    request: `a falconry club keeps its falcons and shows the heaviest of them (${framework})`,
    design: FALCONS,
    plan: {
      name: 'heaviest-falcons',
      method: 'GET',
      path: '/heaviest-falcons',
      purpose: 'The heaviest falcons, the heaviest first.',
      inputs: 'limit: a whole number from 1 to 50, 10 when it is not given; anything else is refused with 400.',
      answers: '200 {"falcons": [{"id", "ring_number", "weight_grams"}]}',
    },
    turns: [
      [
        toolCall('read_file', { path: '.env' }),
        toolCall('write_file', { path: '../../.bashrc', text: 'x' }),
        heaviestQuery("select query_to_xml('delete from falcons', true, false, $1) as x"),
        heaviestQuery('select id, ring_number, weight_grams from app.falcons order by weight_grams desc, id limit $1'),
        handler(WRONG_TYPE),
        describe([{ name: 'limit', required: false, schema: '{"type":"integer"}' }], null, {
          ...{ type: 'object', required: ['falcons'] },
          properties: { falcons: { type: 'array', items: FALCON } },
        }),
        toolCall('write_file', { path: 'test/custom-heaviest-falcons.test.mjs', text: HEAVIEST_TEST }),
        toolCall('done'),
      ],
      [toolCall('read_file', { path: 'server/custom/heaviest-falcons.queries.ts' }), handler(RIGHT)],
      [toolCall('done')],
    ],
    args: framework === 'hono' ? ['--framework', 'hono'] : [],
    env: {},
    async ask(url) {
      for (const weight of [900, 1200])
        await send(`${url}/falcons`, { ring_number: `CZ ${weight}`, weight_grams: weight });
      const { body } = await read(`${url}/heaviest-falcons?limit=1`);
      return faultsOf({
        'the heaviest is not the first': body.falcons?.length === 1 && body.falcons[0].weight_grams === 1200,
        'a wrong limit is taken': (await read(`${url}/heaviest-falcons?limit=-1`)).status === 400,
        'another method is taken': (await send(`${url}/heaviest-falcons`, {})).status === 405,
      });
    },
  };
};

const RETIREMENT_TEST = `import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { answered, openClient, refused } from './client.mjs';

const { client, backend } = await openClient();
after(() => backend.close());

test('a falcon retires once', async () => {
  const { id } = await client.make('falcons', { retired_at: null });
  const { retired_at } = answered(await client.post(\`/falcons/\${id}/retirement\`, {}), 200);
  assert.ok(retired_at > 0);
  refused(await client.post(\`/falcons/\${id}/retirement\`, {}), 409);
  refused(await client.post('/falcons/nobody/retirement', {}), 404);
});
`;

const RETIRING = {
  ...FALCONS,
  tables: FALCONS.tables.map((table) => ({
    ...table,
    columns: [...table.columns, column('retired_at', 'bigint', { nullable: true })],
  })),
};

/** Sentences about the falconry: a column and an endpoint, and behaviour that is not written in the end. */
export const retirement: NonNullable<Play['later']> = [
  {
    words: 'can be retired',
    design: RETIRING,
    plan: {
      name: 'retire-falcon',
      method: 'POST',
      path: '/falcons/{id}/retirement',
      purpose: 'Retires a falcon, once.',
      inputs: 'No body.',
      answers: '200 {"retired_at"}; 404 for no falcon; 409 when it is retired already',
    },
    turns: [
      [
        toolCall('propose_query', {
          name: 'retire',
          purpose: 'Retires a falcon that is not retired yet.',
          sql: 'update app.falcons set retired_at = $2 where id = $1 and retired_at is null returning retired_at',
          parameters: ['id', 'now'],
        }),
        toolCall('propose_query', {
          name: 'findFalcon',
          purpose: 'Whether there is such a falcon.',
          sql: 'select id from app.falcons where id = $1',
          parameters: ['id'],
        }),
        toolCall('write_file', {
          path: 'server/custom/retire-falcon.ts',
          text: `import { defineHandler } from 'nitro/h3';
import { z } from 'zod';
import { problem } from '../lib/problem.ts';
import { found, readKey } from '../lib/request.ts';
import { findFalcon, retire } from './retire-falcon.queries.ts';

const keySchema = z.object({ id: z.string().max(64) });

export default defineHandler(async (event) => {
  const { id } = readKey(event, keySchema);
  const [row] = await retire({ id, now: Math.floor(Date.now() / 1000) });
  if (row) return row;
  found((await findFalcon({ id })).at(0));
  throw problem(409, 'This falcon is retired already.');
});
`,
        }),
        toolCall('write_file', { path: 'test/custom-retire-falcon.test.mjs', text: RETIREMENT_TEST }),
        describe([], null, {
          ...{ type: 'object', required: ['retired_at'] },
          properties: { retired_at: { type: 'integer' } },
        }),
        toolCall('done'),
      ],
    ],
  },
  {
    words: 'sing a song',
    design: RETIRING,
    plan: {
      ...{ name: 'song', method: 'GET', path: '/song', purpose: 'Sings.' },
      ...{ inputs: 'None.', answers: '200' },
    },
    turns: [[toolCall('read_file', { path: '.env' })]],
  },
];

const DONATIONS = {
  tables: [
    {
      ...TABLE,
      name: 'users',
      description: 'People who sign in.',
      columns: [
        KEY,
        column('email', 'varchar(254)', { unique: true }),
        column('name', 'text', { check: { min: null, max: null, minLength: 1, maxLength: 120 } }),
        column('password_hash', 'text', { sensitive: true }),
      ],
    },
    {
      ...TABLE,
      name: 'donations',
      columns: [
        KEY,
        column('user_id', 'varchar(21)', {
          default: { generate: 'owner' },
          references: { table: 'users', column: 'id', onDelete: 'cascade' },
        }),
        column('cents', 'integer', range(1, 1_000_000)),
      ],
      access: { read: 'owner', write: 'owner', through: null, sharedWith: [] },
    },
  ],
  enums: [],
  accounts: { table: 'users', login: 'email', password: 'password_hash', role: null, admins: [] },
};

const TOTAL_TEST = (others: number) => `import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { answered, refused } from './client.mjs';
import { openPeople } from './people.mjs';

const people = await openPeople();
after(() => people.backend.close());

test('each sees the sum of what is theirs', async () => {
  const { alice, bob } = people;
  await alice.make('donations', { cents: 300 });
  await alice.make('donations', { cents: 200 });
  assert.deepEqual(answered(await alice.get('/my-total'), 200), { cents: 500, donations: 2 });
  assert.deepEqual(answered(await bob.get('/my-total'), 200), { cents: ${others}, donations: 0 });
});

test('nobody has no sum', async () => {
  refused(await people.nobody.get('/my-total'), 401);
});
`;

/** People who sign in, whose rows are their own; a test that fails, and is mended. */
export const donations: Play = {
  name: 'donations',
  request: 'people sign in, record their donations and see what they gave in all',
  design: DONATIONS,
  plan: {
    name: 'my-total',
    method: 'GET',
    path: '/my-total',
    purpose: 'What the account gave in all.',
    inputs: 'None.',
    answers: '200 {"cents", "donations"}; 401 when nobody is signed in',
  },
  turns: [
    [
      toolCall('propose_query', {
        name: 'totalGiven',
        purpose: 'What an account gave.',
        sql: 'select coalesce(sum(cents), 0) as cents, count(id) as donations from app.donations where user_id = $1',
        parameters: ['userId'],
      }),
      toolCall('write_file', {
        path: 'server/custom/my-total.ts',
        text: `import { defineHandler } from 'nitro/h3';
import { requireAccount } from '../lib/auth.ts';
import { found } from '../lib/request.ts';
import { totalGiven } from './my-total.queries.ts';

export default defineHandler(async (event) => {
  const account = await requireAccount(event);
  const rows = await totalGiven({ userId: account.id }, account);
  return found(rows.at(0));
});
`,
      }),
      toolCall('write_file', { path: 'test/custom-my-total.test.mjs', text: TOTAL_TEST(7) }),
      toolCall('test'),
    ],
    [
      toolCall('write_file', { path: 'test/custom-my-total.test.mjs', text: TOTAL_TEST(0) }),
      toolCall('request', {
        requests: [
          {
            method: 'POST',
            path: '/auth/register',
            body: '{"email":"a@example.org","name":"Ada","password":"correct horse battery"}',
            token: null,
          },
          { method: 'GET', path: '/my-total', body: null, token: '{{0.accessToken}}' },
        ],
      }),
    ],
    // What it says of itself is not what it answers.
    [totals('string'), toolCall('done')],
    [totals('integer'), toolCall('done')],
  ],
  args: [],
  env: {},
  async ask(url) {
    const register = (name: string) =>
      send(`${url}/auth/register`, { email: `${name}@example.org`, name, password: 'correct horse battery' });
    const [ada, bob] = [(await register('ada')).body.accessToken, (await register('bob')).body.accessToken];
    await send(`${url}/donations`, { cents: 250 }, ada);
    const sum = (await read(`${url}/my-total`, ada)).body;
    return faultsOf({
      'the sum is wrong': sum.cents === 250 && sum.donations === 1,
      'another one sees it': (await read(`${url}/my-total`, bob)).body.cents === 0,
      'nobody is let in': (await read(`${url}/my-total`)).status === 401,
    });
  },
};

const CELSIUS = {
  type: 'object',
  required: ['celsius'],
  properties: { celsius: { type: 'number', minimum: -273.15, maximum: 10_000 } },
  additionalProperties: false,
};

const CONVERT_TEST = `import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { send, startServer } from './server.mjs';

const server = await startServer();
after(() => server.stop());

test('water boils', async () => {
  const { status, body } = await send('POST', \`\${server.url}/conversions\`, { celsius: 100 });
  assert.deepEqual([status, body], [200, { fahrenheit: 212 }]);
});

test('what is no temperature is refused', async () => {
  for (const celsius of ['warm', -300, null]) {
    assert.equal((await send('POST', \`\${server.url}/conversions\`, { celsius })).status, 400);
  }
});
`;

/** Nothing is kept. Asked by the Responses API. */
export const conversions: Play = {
  name: 'conversions',
  request: 'a stateless service that converts celsius to fahrenheit',
  design: null,
  plan: {
    name: 'conversions',
    method: 'POST',
    path: '/conversions',
    purpose: 'Converts a temperature.',
    inputs: 'celsius: a number from -273.15 to 10000; anything else is refused with 400.',
    answers: '200 {"fahrenheit"}',
  },
  turns: [
    [
      toolCall('write_file', {
        path: 'server/custom/conversions.ts',
        text: `import { spawnSync } from 'node:child_process';\nexport default () => spawnSync('id');\n`,
      }),
      toolCall('write_file', { path: 'test/custom-conversions.test.mjs', text: CONVERT_TEST }),
      toolCall('done'),
    ],
    [
      toolCall('write_file', {
        path: 'server/custom/conversions.ts',
        text: `import { defineHandler } from 'nitro/h3';
import { z } from 'zod';
import { readBody } from '../lib/request.ts';

const body = z.strictObject({ celsius: z.number().min(-273.15).max(10_000) });

export default defineHandler(async (event) => {
  const { celsius } = await readBody(event, body);
  return { fahrenheit: (celsius * 9) / 5 + 32 };
});
`,
      }),
      describe([], CELSIUS, {
        ...{ type: 'object', required: ['fahrenheit'] },
        properties: { fahrenheit: { type: 'number' } },
      }),
      toolCall('done'),
    ],
  ],
  args: [],
  env: { TURBOBACKEND_MODEL_API: 'responses' },
  async ask(url) {
    const { body } = await send(`${url}/conversions`, { celsius: 37 });
    return faultsOf({
      'it converts wrongly': Math.abs(body.fahrenheit - 98.6) < 0.001,
      'absolute zero is no limit': (await send(`${url}/conversions`, { celsius: -274 })).status === 400,
    });
  },
};
