import { readFileSync } from 'node:fs';
import pg from 'pg';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { planner } from '../../../../src/adapters/model/planner/planner.ts';
import { renderDdl } from '../../../../src/domain/ddl.ts';
import { parseSchema } from '../../../../src/domain/schema-rules.ts';
import type { Model } from '../../../../src/ports/model.ts';
import { outline, shippedLexicon } from '../../../support/planner.ts';
import { makeProjectDatabase, type ProjectDatabase } from '../../../support/project-database.ts';
import { randomRequests } from '../../../support/random-requests.ts';
import { readLabels } from '../../../support/request-labels.ts';

let model: Model;
let database: ProjectDatabase;
beforeAll(async () => {
  model = planner({ lexicon: await shippedLexicon() });
  database = await makeProjectDatabase(inject('cluster'));
});
afterAll(() => database.drop());

const designs: [string, string[]][] = [
  ['Potion(name, price:decimal, rune unique); Wizard(name)', ['potions(name, price, rune!)', 'wizards(name)']],
  ['a dragon has many eggs', ['dragons(name)', 'eggs(dragon_id>dragons, name)']],
  [
    'runes and towers; a rune can be in many towers',
    ['rune_towers(rune_id>runes, tower_id>towers)', 'runes(name)', 'towers(name)'],
  ],
  [
    'interface Egg { id: string; dragonId?: string; color: "red" | "blue"; weight: number }\ninterface Dragon { id: string; name: string }',
    ['dragons(name)', 'eggs(dragon_id>dragons?, color, weight)'],
  ],
  ['simple crud for bananas', ['bananas(name)']],
  [
    'api to track cauldrons, examinations of cauldrons',
    ['cauldrons(name)', 'examinations(cauldron_id>cauldrons, performed_on, result?, notes?)'],
  ],
];

test.each(designs)('%j becomes the tables one would expect', async (text, want) => {
  expect(outline((await model.design({ text })).schema)).toEqual(want);
});

test.each([
  ['tickets with status open/pending/closed, tags', 'tickets', /status: open,pending,closed/],
  ['kennel: dogs, exercises with sets and reps, baskets', 'baskets', /^((?!exercise).)*$/],
  ['forms; inspector fills a form, exercises prescribed with notes', 'forms', /./],
])('%j is read word by word', async (text, table, want) => {
  const { schema } = await model.design({ text });
  const found = schema.tables.find(({ name }) => name === table);
  const columns = found?.columns.map(({ name, type }) => {
    const values = schema.enums.find((one) => one.name === type)?.values;
    return values ? `${name}: ${values.join()}` : name;
  });
  expect(columns?.join(' ')).toMatch(want);
  expect(schema.tables.map(({ name }) => name).filter((name) => /_\d|prescribed|fills/.test(name))).toEqual([]);
});

test('a bare domain gets a few right tables', async () => {
  const blog = (await model.design({ text: 'blog API' })).schema;
  expect(blog.tables.map(({ name }) => name)).toEqual(expect.arrayContaining(['posts', 'comments']));
  const shop = (await model.design({ text: 'shop' })).schema;
  expect(shop.tables.map(({ name }) => name)).toEqual(expect.arrayContaining(['products', 'orders', 'order_items']));
  expect((await model.design({ text: 'todo backend' })).schema.tables.map(({ name }) => name)).toEqual(['todos']);
});

test('the words of the request win over the lexicon', async () => {
  const schema = (await model.design({ text: 'blog with articles and remarks, no tags. Article(headline, price)' }))
    .schema;
  const articles = schema.tables.find(({ name }) => name === 'articles');
  expect(articles?.columns.map(({ name }) => name)).toEqual(expect.arrayContaining(['headline', 'price_cents']));
  expect(articles?.columns.map(({ name }) => name)).not.toContain('slug');
  expect(schema.tables.map(({ name }) => name)).not.toContain('tags');
});

test('tables follow the conventions of generated databases', async () => {
  const { tables } = (await model.design({ text: 'shop with products, customers, orders, reviews and customer login' }))
    .schema;
  const product = tables.find(({ name }) => name === 'products');
  expect(product?.columns.find(({ name }) => name === 'id')).toMatchObject({
    primaryKey: true,
    default: { generate: 'id' },
  });
  expect(product?.columns.find(({ name }) => name === 'created_at')).toMatchObject({
    type: 'bigint',
    default: { generate: 'created' },
  });
  expect(product?.columns.find(({ name }) => name === 'price_cents')).toMatchObject({
    type: 'bigint',
    check: { min: 0 },
  });
  const item = tables.find(({ name }) => name === 'order_items');
  expect(item?.columns.find(({ name }) => name === 'order_id')?.references).toMatchObject({
    table: 'orders',
    onDelete: 'cascade',
  });
  expect(item?.columns.find(({ name }) => name === 'product_id')?.references?.onDelete).toBe('restrict');
  expect(item?.columns.find(({ name }) => name === 'quantity')).toMatchObject({ check: { min: 1 } });
  expect(tables.find(({ name }) => name === 'reviews')?.uniques).toEqual([['product_id', 'customer_id']]);
  const secret = tables.flatMap(({ columns }) => columns).filter(({ name }) => name === 'password_hash');
  expect(secret).toMatchObject([{ sensitive: true, nullable: false }]);
  for (const { name, columns, indexes, uniques, description } of tables) {
    expect(description, name).not.toBe('');
    for (const column of columns.filter(({ references, unique }) => references && !unique)) {
      const leads = [...indexes.map((index) => index.columns[0]), ...uniques.map(([first]) => first)];
      expect(column.primaryKey || leads.includes(column.name), `${name}.${column.name}`).toBe(true);
    }
  }
});

test('the same request gives the same schema', async () => {
  const text = 'gym with members, classes, trainers and bookings';
  expect(await model.design({ text })).toEqual(await model.design({ text }));
});

const hostile = [
  "'; DROP TABLE users; --",
  `$\{process.env.HOME} $(rm -rf /) \`id\``,
  'constructor, __proto__, toString and hasOwnProperty with prototype',
  'Order(select, from, order, user, group, table, end, xmin, pg_catalog)',
  'order(order) user(user) group(group)',
  '🙂🙂🙂 漢字 with 漢字',
  'a'.repeat(8000),
  'a('.repeat(4000),
  `Foo(${'a|'.repeat(3900)})`,
  `Foo(a${' '.repeat(7900)}b)`,
  '{"a":'.repeat(1300),
  'x has y and '.repeat(600),
  '?',
  'time, date, json, text, integer and interval',
  'A belongs to B. B belongs to C. C belongs to A. A has many A',
  'product(id, id, created_at, name, name, Name, NAME)',
];

const labels = readLabels(JSON.parse(readFileSync(new URL('requests.json', import.meta.url), 'utf8')));

async function mutations(count: number): Promise<readonly string[]> {
  const bases = labels.map(({ request }) => request);
  return randomRequests({ count, seed: 42, bases }, await shippedLexicon());
}

test('any request gives a schema that PostgreSQL loads', async () => {
  const client = new pg.Client(database.login('mig'));
  client.on('error', () => {});
  await client.connect();
  try {
    for (const text of [...hostile, ...(await mutations(60))]) {
      await client.query('BEGIN');
      await client.query(renderDdl(parseSchema((await model.design({ text })).schema)));
      await client.query('ROLLBACK');
    }
  } finally {
    await client.end();
  }
});

test('hundreds of random requests are decided and designed without a failure', async () => {
  for (const text of await mutations(200)) {
    const schema = (await model.design({ text })).schema;
    expect(schema.tables.length).toBeGreaterThan(0);
    expect((await model.detect({ text })).confidence).toBeGreaterThanOrEqual(0.5);
  }
});
