import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { planner } from '../../../../src/adapters/model/planner/planner.ts';
import { templateModel } from '../../../../src/adapters/model/template/template-model.ts';
import { localTemplates } from '../../../../src/adapters/templates/local/local-templates.ts';
import { accessOf } from '../../../../src/domain/access.ts';
import { explainedBy } from '../../../../src/domain/explanation.ts';
import { initialMigration } from '../../../../src/domain/migration.ts';
import { EMPTY_SCHEMA } from '../../../../src/domain/schema.ts';
import { parseSchema } from '../../../../src/domain/schema-rules.ts';
import { parseSchemaTemplates } from '../../../../src/domain/schema-template.ts';
import { repositoryRoot } from '../../../support/generated-projects.ts';
import { shippedLexicon } from '../../../support/planner.ts';
import { makeProjectDatabase, type ProjectDatabase } from '../../../support/project-database.ts';

const templates = localTemplates(join(repositoryRoot, 'templates'));
const NOTHING = explainedBy(EMPTY_SCHEMA, { kind: 'rule', rule: 'nothing was wanted' });
const behind = {
  name: 'planner',
  detect: () => Promise.reject(new Error('asked')),
  design: async () => NOTHING,
};
const model = templateModel({ templates, behind });

let database: ProjectDatabase;
beforeAll(async () => {
  database = await makeProjectDatabase(inject('cluster'));
});
afterAll(() => database.drop());

test('a request for a template gets its design, and every other one goes to the model behind', async () => {
  const design = (await model.design({ text: 'template:blog' })).schema;
  expect(design.tables.map(({ name }) => name)).toContain('posts');
  expect(await model.detect({ text: 'template:blog' })).toMatchObject({ needsDatabase: true, decidedBy: 'user' });
  expect((await model.design({ text: 'a blog' })).schema).toEqual(EMPTY_SCHEMA);
  await expect(model.detect({ text: 'a blog' })).rejects.toThrow('asked');
});

test('a template nobody made is refused with the names there are', async () => {
  const refused = { code: 'template.unknown', hint: expect.stringContaining('e-commerce') };
  await expect(model.design({ text: 'template:blgo' })).rejects.toMatchObject(refused);
});

test('PostgreSQL loads every template', async () => {
  const client = new pg.Client(database.login('mig'));
  client.on('error', () => {});
  await client.connect();
  try {
    const all = parseSchemaTemplates(await templates.readTree('schemas'));
    expect(all.length).toBeGreaterThan(10);
    for (const { schema } of all) {
      await client.query('BEGIN');
      await client.query(initialMigration(schema, 1_763_694_000).content);
      await client.query('ROLLBACK');
    }
  } finally {
    await client.end();
  }
});

const combined: [string, { has?: string[]; lacks?: string[] }][] = [
  ['template:e-commerce with gift cards', { has: ['gift_cards', 'orders.total_cents'] }],
  ['the shop template, with gift cards and llamas', { has: ['gift_cards', 'llamas', 'products.price_cents'] }],
  ['like the blog template but without comments', { has: ['posts'], lacks: ['comments', 'likes'] }],
  ['the e-commerce template without products', { has: ['customers'], lacks: ['products', 'order_items'] }],
  ['template:todo each task has a reviewer and a budget', { has: ['tasks.budget_cents', 'tasks.title'] }],
  ['template:todo without due dates', { lacks: ['tasks.due_date'] }],
  ['template:blog no login', { has: ['users'], lacks: ['users.password_hash'] }],
  ['template:chat without users', { has: ['messages'], lacks: ['users.password_hash'] }],
  ['template:crm; qwertz ?? Potion(name, price:decimal)', { has: ['potions.price', 'deals'] }],
];

test.each(combined)('%j is the template with what the words change', async (text, { has = [], lacks = [] }) => {
  const { schema, explanation } = await planned().then((model) => model.design({ text }));
  const names = schema.tables.flatMap((table) => [
    table.name,
    ...table.columns.map(({ name }) => `${table.name}.${name}`),
  ]);
  expect(names).toEqual(expect.arrayContaining(has));
  for (const name of lacks) expect(names).not.toContain(name);
  expect(parseSchema(schema)).toEqual(schema);
  const origins = explanation.tables.flatMap((table) => [table.origin, ...table.columns.map(({ origin }) => origin)]);
  for (const origin of origins) if (origin.kind === 'request') expect(text).toContain(origin.quote);
  expect(origins.some(({ kind }) => kind === 'template')).toBe(true);
});

test('a template stays as it is where the words say nothing about it', async () => {
  const model = await planned();
  const before = (await model.design({ text: 'template:forum' })).schema;
  const after = (await model.design({ text: 'template:forum with gift cards' })).schema;
  for (const table of before.tables) {
    const same = after.tables.find(({ name }) => name === table.name);
    expect(same && accessOf(same, after)).toEqual(accessOf(table, before));
    expect({ ...same, access: null }).toEqual({ ...table, access: null });
  }
  expect(after.accounts).toEqual(before.accounts);
});

test('every template takes additions and removals that PostgreSQL loads', async () => {
  const client = new pg.Client(database.login('mig'));
  client.on('error', () => {});
  await client.connect();
  try {
    const model = await planned();
    for (const { name, schema } of parseSchemaTemplates(await templates.readTree('schemas'))) {
      const gone = schema.tables.at(-1)?.name.replaceAll('_', ' ');
      const words = `with coupons, llamas and an audit log. admins manage coupons. ${schema.tables.length > 1 ? `no ${gone}` : ''}`;
      for (const more of [words, 'no login, plus attachments']) {
        const design = await model.design({ text: `template:${name} ${more}` });
        await client.query('BEGIN');
        await client.query(initialMigration(design.schema, 1_763_694_000).content);
        await client.query('ROLLBACK');
      }
    }
  } finally {
    await client.end();
  }
});

async function planned() {
  return templateModel({ templates, behind: planner({ lexicon: await shippedLexicon() }) });
}
