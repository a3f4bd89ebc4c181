import { PLAIN_COLUMN } from './plain-column.ts';
import { type Play, toolCall } from './played-writer.ts';

/** Requests whose rules no table can say, and models that get them wrong first. */

const column = (name: string, type: string, more: object = {}) => ({ ...PLAIN_COLUMN, name, type, ...more });
const KEY = column('id', 'varchar(21)', { default: { generate: 'id' }, primaryKey: true });
const TABLE = { description: '', uniques: [], indexes: [], foreignKeys: [], checks: [], access: null };
const range = (min: number, max: number) => ({ check: { min, max, minLength: null, maxLength: null } });
const query = (name: string, sql: string, parameters: readonly string[]) =>
  toolCall('propose_query', { name, purpose: 'As it is named.', sql, parameters });
const describe = (status: number, body: object | null, answer: object | null, parameters: readonly object[] = []) =>
  toolCall('describe', {
    query: parameters,
    body: body && JSON.stringify(body),
    status,
    answer: answer && JSON.stringify(answer),
  });
const object = (properties: object) => ({
  type: 'object',
  required: Object.keys(properties),
  properties,
  additionalProperties: false,
});

interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: plays look into answers of every shape
  readonly body: any;
}

async function ask(method: string, url: string, body?: object, token?: string): Promise<Answer> {
  const headers = { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) };
  const answer = await fetch(url, { method, headers, ...(body && { body: JSON.stringify(body) }) });
  const text = await answer.text();
  return { status: answer.status, body: text === '' ? null : JSON.parse(text) };
}

const faultsOf = (checks: Readonly<Record<string, boolean>>): readonly string[] =>
  Object.entries(checks).flatMap(([name, holds]) => (holds ? [] : [name]));

const DAY = 24 * 60 * 60;
const inDays = (days: number) => Math.floor(Date.now() / 1000) + days * DAY;

const RESERVE = `import { defineHandler } from 'nitro/h3';
import { z } from 'zod';
import { problem } from '../lib/problem.ts';
import { found, readBody, readKey } from '../lib/request.ts';
import { findSeat, takeSeat } from './reserve-seat.queries.ts';

const keySchema = z.object({ id: z.string().max(64) });
const bodySchema = z.strictObject({ name: z.string().regex(/^[A-Za-z][A-Za-z ]{0,79}$/) });

export default defineHandler(async (event) => {
  const { id } = readKey(event, keySchema);
  const { name } = await readBody(event, bodySchema);
  const [seat] = await takeSeat({ id, name });
  if (seat) return seat;
  found((await findSeat({ id })).at(0));
  throw problem(409, 'This seat is taken already.');
});
`;
const RESERVE_TEST = `import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { answered, openClient, refused } from './client.mjs';

const { client, backend } = await openClient();
after(() => backend.close());

test('a free seat is reserved once', async () => {
  const { id } = await client.make('seats', { reserved_by: null });
  const { reserved_by } = answered(await client.post(\`/seats/\${id}/reservation\`, { name: 'Ada' }), 200);
  assert.equal(reserved_by, 'Ada');
  refused(await client.post(\`/seats/\${id}/reservation\`, { name: 'Bob' }), 409);
  refused(await client.post(\`/seats/\${id}/reservation\`, { name: '' }), 400);
  refused(await client.post('/seats/nowhere/reservation', { name: 'Ada' }), 404);
});
`;
const CANCEL = `import { defineHandler } from 'nitro/h3';
import { z } from 'zod';
import { problem } from '../lib/problem.ts';
import { found, readKey } from '../lib/request.ts';
import { findSeat, freeSeat } from './cancel-seat.queries.ts';

const keySchema = z.object({ id: z.string().max(64) });
const DAY = 24 * 60 * 60;

export default defineHandler(async (event) => {
  const { id } = readKey(event, keySchema);
  const [seat] = await freeSeat({ id, tomorrow: Math.floor(Date.now() / 1000) + DAY });
  if (seat) return seat;
  found((await findSeat({ id })).at(0));
  throw problem(409, 'This seat is free, or it is too late to cancel.');
});
`;
const CANCEL_TEST = `import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { answered, openClient, refused } from './client.mjs';

const { client, backend } = await openClient();
after(() => backend.close());
const now = Math.floor(Date.now() / 1000);

test('a seat is given back until a day before', async () => {
  const early = await client.make('seats', { reserved_by: 'Ada', starts_at: now + 200000 });
  const late = await client.make('seats', { reserved_by: 'Ada', starts_at: now + 3600 });
  const path = (seat) => \`/seats/\${seat.id}/reservation\`;
  assert.equal(answered(await client.delete(path(early)), 200).reserved_by, null);
  refused(await client.delete(path(early)), 409);
  refused(await client.delete(path(late)), 409);
});
`;
const SEAT = object({
  id: { type: 'string' },
  reserved_by: { type: ['string', 'null'] },
});

/** Two endpoints; the first is written without its rule, and told so by its test. */
export const seats: Play = {
  name: 'seats',
  request: 'a cinema sells seats: a seat is reserved only while it is free, and cancelled until a day before the show',
  design: {
    tables: [
      {
        ...TABLE,
        name: 'seats',
        columns: [
          KEY,
          column('label', 'varchar(20)', { unique: true }),
          column('starts_at', 'bigint', range(0, 9_000_000_000)),
          column('reserved_by', 'varchar(120)', { nullable: true }),
        ],
      },
    ],
    enums: [],
    accounts: null,
  },
  plan: {
    ...{ name: 'reserve-seat', method: 'POST', path: '/seats/{id}/reservation' },
    ...{ purpose: 'Reserves a seat that is free.', inputs: 'name: letters, 1 to 80.' },
    answers: '200 {"id", "reserved_by"}; 404 for no seat; 409 when it is taken',
  },
  turns: [
    [
      query('takeSeat', 'update app.seats set reserved_by = $2 where id = $1 returning id, reserved_by', [
        'id',
        'name',
      ]),
      query('findSeat', 'select id from app.seats where id = $1', ['id']),
      toolCall('write_file', { path: 'server/custom/reserve-seat.ts', text: RESERVE }),
      toolCall('write_file', { path: 'test/custom-reserve-seat.test.mjs', text: RESERVE_TEST }),
      toolCall('test'),
    ],
    [
      query(
        'takeSeat',
        'update app.seats set reserved_by = $2 where id = $1 and reserved_by is null returning id, reserved_by',
        ['id', 'name'],
      ),
      describe(200, object({ name: { type: 'string', minLength: 1, maxLength: 80 } }), SEAT),
      toolCall('test'),
    ],
    [toolCall('done')],
  ],
  more: [
    {
      plan: {
        ...{ name: 'cancel-seat', method: 'DELETE', path: '/seats/{id}/reservation' },
        ...{ purpose: 'Gives a seat back, until a day before the show.', inputs: 'None.' },
        answers: '200 {"id", "reserved_by"}; 404 for no seat; 409 when it is free or too late',
      },
      turns: [
        [
          query(
            'freeSeat',
            'update app.seats set reserved_by = null where id = $1 and reserved_by is not null and starts_at > $2 returning id, reserved_by',
            ['id', 'tomorrow'],
          ),
          query('findSeat', 'select id from app.seats where id = $1', ['id']),
          toolCall('write_file', { path: 'server/custom/cancel-seat.ts', text: CANCEL }),
          toolCall('write_file', { path: 'test/custom-cancel-seat.test.mjs', text: CANCEL_TEST }),
          describe(200, null, SEAT),
          toolCall('done'),
        ],
      ],
    },
  ],
  args: [],
  env: {},
  async ask(url) {
    const make = async (label: string, starts_at: number) =>
      (await ask('POST', `${url}/seats`, { label, starts_at, reserved_by: null })).body.id;
    const [far, near] = [await make('A1', inDays(9)), await make('A2', inDays(0) + 3600)];
    const reserve = (id: string, name: string) => ask('POST', `${url}/seats/${id}/reservation`, { name });
    const both = await Promise.all(['Ada', 'Bob'].map((name) => reserve(far, name)));
    await reserve(near, 'Ada');
    const cancel = async (id: string) => (await ask('DELETE', `${url}/seats/${id}/reservation`)).status;
    return faultsOf({
      'two got one seat':
        both
          .map(({ status }) => status)
          .sort()
          .join() === '200,409',
      'it is cancelled too late': (await cancel(near)) === 409,
      'it cannot be cancelled': (await cancel(far)) === 200,
      'it is not free again': (await reserve(far, 'Cy')).status === 200,
    });
  },
};

const revenueHandler = (until: string) => `import { defineHandler } from 'nitro/h3';
import { problem } from '../lib/problem.ts';
import { revenueOf } from './revenue.queries.ts';

export default defineHandler(async (event) => {
  const month = event.url.searchParams.get('month') ?? '';
  if (!/^20\\d\\d-(?:0[1-9]|1[0-2])$/.test(month)) throw problem(400, 'month looks like 2026-03.');
  const [year = 0, number = 0] = month.split('-').map(Number);
  const since = Date.UTC(year, number - 1, 1) / 1000;
  return { month, categories: await revenueOf({ since, until: ${until} }) };
});
`;
const REVENUE_TEST = `import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { answered, openClient, refused } from './client.mjs';

const { client, backend } = await openClient();
after(() => backend.close());

test('a month has all of its days, and no others', async () => {
  const category = \`c\${Date.now()}\`;
  for (const day of ['2026-01-01', '2026-01-31', '2026-02-01']) {
    await client.make('sales', { category, cents: 250, sold_at: Date.parse(\`\${day}T00:00:00Z\`) / 1000 });
  }
  const { categories } = answered(await client.get('/revenue?month=2026-01'), 200);
  assert.equal(categories.find((one) => one.category === category)?.cents, 500);
  refused(await client.get('/revenue?month=2026-13'), 400);
  refused(await client.get('/revenue'), 400);
});
`;

/** A sum that forgets the last day of long months, until its test sees one. */
export const revenue: Play = {
  name: 'revenue',
  request: 'a flower shop records its sales and sees the revenue of a month by category',
  design: {
    tables: [
      {
        ...TABLE,
        name: 'sales',
        columns: [
          KEY,
          column('category', 'varchar(40)'),
          column('cents', 'integer', range(1, 10_000_000)),
          column('sold_at', 'bigint', range(0, 9_000_000_000)),
        ],
      },
    ],
    enums: [],
    accounts: null,
  },
  plan: {
    ...{ name: 'revenue', method: 'GET', path: '/revenue' },
    ...{ purpose: 'The revenue of a month by category.', inputs: 'month: 2026-03; anything else is 400.' },
    answers: '200 {"month", "categories": [{"category", "cents"}]}',
  },
  turns: [
    [
      query(
        'revenueOf',
        'select category, sum(cents) as cents from app.sales where sold_at >= $1 and sold_at < $2 group by category order by category',
        ['since', 'until'],
      ),
      toolCall('write_file', { path: 'server/custom/revenue.ts', text: revenueHandler('since + 30 * 86_400') }),
      toolCall('write_file', { path: 'test/custom-revenue.test.mjs', text: REVENUE_TEST }),
      toolCall('test'),
    ],
    [
      toolCall('write_file', {
        path: 'server/custom/revenue.ts',
        text: revenueHandler('Date.UTC(year, number, 1) / 1000'),
      }),
      describe(
        200,
        null,
        object({
          month: { type: 'string' },
          categories: { type: 'array', items: object({ category: { type: 'string' }, cents: { type: 'integer' } }) },
        }),
        [{ name: 'month', required: true, schema: '{"type":"string"}' }],
      ),
      toolCall('test'),
    ],
    [toolCall('done')],
  ],
  args: [],
  env: {},
  async ask(url) {
    const sell = (category: string, cents: number, day: string) =>
      ask('POST', `${url}/sales`, { category, cents, sold_at: Date.parse(`${day}T12:00:00Z`) / 1000 });
    await sell('roses', 300, '2026-03-31');
    await sell('roses', 200, '2026-03-01');
    await sell('tulips', 100, '2026-04-01');
    const { body } = await ask('GET', `${url}/revenue?month=2026-03`);
    return faultsOf({
      'the sum is wrong': JSON.stringify(body.categories) === '[{"category":"roses","cents":500}]',
      'a month that is none is taken': (await ask('GET', `${url}/revenue?month=2026-3`)).status === 400,
    });
  },
};

const APPROVE = `import { defineHandler } from 'nitro/h3';
import { nanoid } from 'nanoid';
import { z } from 'zod';
import { requireAccount } from '../lib/auth.ts';
import { problem } from '../lib/problem.ts';
import { found, readKey } from '../lib/request.ts';
import { approve, findExpense } from './approve-expense.queries.ts';

const keySchema = z.object({ id: z.string().max(64) });

export default defineHandler(async (event) => {
  const account = await requireAccount(event);
  const { id } = readKey(event, keySchema);
  const [approval] = await approve({ id: nanoid(), expenseId: id, userId: account.id }, account);
  if (approval) return approval;
  const expense = found((await findExpense({ id }, account)).at(0));
  if (expense.user_id === account.id) throw problem(403, 'Somebody else has to approve this.');
  throw problem(409, 'This needs no approval, or has one.');
});
`;
const APPROVE_TEST = `import { after, test } from 'node:test';
import assert from 'node:assert/strict';
import { answered, refused } from './client.mjs';
import { openPeople } from './people.mjs';

const people = await openPeople();
after(() => people.backend.close());

test('another person approves what is above the limit, once', async () => {
  const { alice, bob, nobody } = people;
  const large = await alice.make('expenses', { cents: 20000 });
  const small = await alice.make('expenses', { cents: 500 });
  const path = (expense) => \`/expenses/\${expense.id}/approval\`;
  refused(await nobody.post(path(large), {}), 401);
  refused(await alice.post(path(large), {}), 403);
  refused(await bob.post(path(small), {}), 409);
  assert.equal(answered(await bob.post(path(large), {}), 200).expense_id, large.id);
  refused(await bob.post(path(large), {}), 409);
});
`;
const approveQuery = (rule: string) =>
  query(
    'approve',
    `insert into app.approvals (id, expense_id, user_id) select $1, id, $3::varchar from app.expenses where id = $2 and cents > 10000${rule} on conflict (expense_id) do nothing returning id, expense_id`,
    ['id', 'expenseId', 'userId'],
  );
const owner = column('user_id', 'varchar(21)', {
  default: { generate: 'owner' },
  references: { table: 'users', column: 'id', onDelete: 'cascade' },
});
const shown = { read: 'accounts', write: 'owner', through: null, sharedWith: [] };

/** People who sign in; whoever spent the money approves it, until the test says no. */
export const approvals: Play = {
  name: 'approvals',
  request: 'people sign in and record expenses; one above 100 euros is approved by another person, and only by another',
  design: {
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
        name: 'expenses',
        columns: [KEY, owner, column('cents', 'integer', range(1, 10_000_000))],
        access: shown,
      },
      {
        ...TABLE,
        name: 'approvals',
        columns: [
          KEY,
          owner,
          column('expense_id', 'varchar(21)', {
            unique: true,
            references: { table: 'expenses', column: 'id', onDelete: 'cascade' },
          }),
        ],
        access: shown,
      },
    ],
    enums: [],
    accounts: { table: 'users', login: 'email', password: 'password_hash', role: null, admins: [] },
  },
  plan: {
    ...{ name: 'approve-expense', method: 'POST', path: '/expenses/{id}/approval' },
    ...{ purpose: 'Approves an expense above 100 euros of another person.', inputs: 'No body.' },
    answers: '200 {"id", "expense_id"}; 401; 403 for one of your own; 404; 409 when none is needed or there is one',
  },
  turns: [
    [
      approveQuery(''),
      query('findExpense', 'select id, user_id from app.expenses where id = $1', ['id']),
      toolCall('write_file', { path: 'server/custom/approve-expense.ts', text: APPROVE }),
      toolCall('write_file', { path: 'test/custom-approve-expense.test.mjs', text: APPROVE_TEST }),
      toolCall('test'),
    ],
    [
      approveQuery(' and user_id <> $3::varchar'),
      describe(200, null, object({ id: { type: 'string' }, expense_id: { type: 'string' } })),
      toolCall('test'),
    ],
    [toolCall('done')],
  ],
  args: [],
  env: {},
  async ask(url) {
    const join = async (name: string) => {
      const body = { email: `${name}@example.org`, name, password: 'correct horse battery' };
      return String((await ask('POST', `${url}/auth/register`, body)).body.accessToken);
    };
    const [ada, bob] = [await join('ada'), await join('bob')];
    const spend = async (cents: number) => (await ask('POST', `${url}/expenses`, { cents }, ada)).body.id;
    const [large, small] = [await spend(10_001), await spend(10_000)];
    const approve = async (id: string, token?: string) =>
      (await ask('POST', `${url}/expenses/${id}/approval`, {}, token)).status;
    return faultsOf({
      'nobody approves': (await approve(large)) === 401,
      'who spent it approves': (await approve(large, ada)) === 403,
      'a small one needs it': (await approve(small, bob)) === 409,
      'another one may not': (await approve(large, bob)) === 200,
      'it is approved twice': (await approve(large, bob)) === 409,
    });
  },
};
