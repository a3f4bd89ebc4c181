import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { accessOf } from '../../src/domain/access.ts';
import { withListIndexes } from '../../src/domain/list-order.ts';
import { parseSchema } from '../../src/domain/schema-rules.ts';
import { findSchemaTemplate, parseSchemaTemplates } from '../../src/domain/schema-template.ts';
import { templateOfRequest } from '../../src/domain/template-request.ts';
import { repositoryRoot } from '../support/generated-projects.ts';

const folder = join(repositoryRoot, 'templates', 'schemas');
const files = Object.fromEntries(readdirSync(folder).map((file) => [file, readFileSync(join(folder, file), 'utf8')]));
const templates = parseSchemaTemplates(files);

test('there is a template for what people ask for most', () => {
  expect(templates.map(({ name }) => name).sort()).toEqual([
    'auth',
    'blog',
    'booking',
    'chat',
    'crm',
    'e-commerce',
    'forum',
    'helpdesk',
    'inventory',
    'learning',
    'saas',
    'todo',
  ]);
});

test.each(templates)('$name has people who sign in, and says of each table who may see and change it', ({ schema }) => {
  expect(schema.accounts).not.toBeNull();
  expect(() => parseSchema(withListIndexes(schema))).not.toThrow();
  for (const table of schema.tables) {
    if (table.name !== schema.accounts?.table) expect(table.access, table.name).not.toBeNull();
    expect(accessOf(table, schema).write, table.name).not.toBe('everyone');
    expect(table.description, table.name).not.toMatch(/request/);
  }
});

test.each(templates)('of $name every reference leads an index, a key or a unique group', ({ schema }) => {
  for (const table of schema.tables) {
    const leading = [
      table.columns.find(({ primaryKey }) => primaryKey)?.name,
      ...table.columns.filter(({ unique }) => unique).map(({ name }) => name),
      ...table.uniques.map(([first]) => first),
      ...table.indexes.map(({ columns: [first] }) => first),
    ];
    const references = table.columns.filter(({ references: to }) => to !== null).map(({ name }) => name);
    expect(leading, table.name).toEqual(expect.arrayContaining(references));
  }
});

test('a name that is unknown, and a damaged file, are told apart', () => {
  expect(findSchemaTemplate(' Blog ', templates).name).toBe('blog');
  expect(() => findSchemaTemplate('../blog', templates)).toThrow(expect.objectContaining({ code: 'template.unknown' }));
  const damaged = { 'blog.json': '{"name":"blog"' };
  expect(() => parseSchemaTemplates(damaged)).toThrow(expect.objectContaining({ code: 'config.invalid' }));
  const renamed = { 'shop.json': files['blog.json'] ?? '' };
  expect(() => parseSchemaTemplates(renamed)).toThrow(expect.objectContaining({ code: 'config.invalid' }));
});

test('words about templates are a request, not a template', () => {
  expect(templateOfRequest('template:blog')).toBe('blog');
  expect(templateOfRequest('template:no such thing')).toBe('no such thing');
  expect(templateOfRequest('template: a library of letter templates')).toBeNull();
});
