import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { accessOf } from '../../src/domain/access.ts';
import { withListIndexes } from '../../src/domain/list-order.ts';
import { parseSchema } from '../../src/domain/schema-rules.ts';
import { findSchemaTemplate, matchSchemaTemplate, parseSchemaTemplates } from '../../src/domain/schema-template.ts';
import { requestOfTemplate, templateInWords, templateOfRequest } from '../../src/domain/template-request.ts';
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
  expect(templateOfRequest('template:blog')).toEqual({ template: 'blog', words: '' });
  expect(templateOfRequest('template: a library of letter templates')).toBeNull();
  expect(templateOfRequest(requestOfTemplate(' Blog', ' with gift cards\nand more '))).toEqual({
    template: 'blog',
    words: 'with gift cards\nand more',
  });
});

const find = (name: string) => matchSchemaTemplate(name, templates)?.name ?? null;

test.each([
  ['the shop template, with gift cards', { template: 'e-commerce', words: 'with gift cards' }],
  ['like the blog template but without comments', { template: 'blog', words: 'but without comments' }],
  ['Start from our help desk template. No tags', { template: 'helpdesk', words: 'No tags' }],
  ['to-do template', { template: 'todo', words: '' }],
  ['we need the todo template plus projects', { template: 'todo', words: 'plus projects' }],
  ['a marketplace for blog template designers', null],
  ['an app for letter templates', null],
  ['the zebra template, with stripes', null],
  ['an email template with placeholders', null],
])('%j names the template it means', (text, want) => {
  expect(templateInWords(text, find)).toEqual(want);
});

test('no two templates answer to one name', () => {
  const names = templates.flatMap(({ name, aliases }) => [name, ...aliases]);
  expect(new Set(names).size).toBe(names.length);
});
