import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { templateModel } from '../../../../src/adapters/model/template/template-model.ts';
import { localTemplates } from '../../../../src/adapters/templates/local/local-templates.ts';
import { explainedBy } from '../../../../src/domain/explanation.ts';
import { initialMigration } from '../../../../src/domain/migration.ts';
import { EMPTY_SCHEMA } from '../../../../src/domain/schema.ts';
import { parseSchemaTemplates } from '../../../../src/domain/schema-template.ts';
import { repositoryRoot } from '../../../support/generated-projects.ts';
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
