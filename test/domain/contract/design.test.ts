import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { documentFiles } from '../../../src/adapters/contract/files/document-files.ts';
import { designContract } from '../../../src/domain/contract.ts';
import type { Schema } from '../../../src/domain/schema.ts';
import { parseSchema } from '../../../src/domain/schema-rules.ts';

async function design(name: string) {
  const file = fileURLToPath(new URL(`documents/${name}`, import.meta.url));
  return designContract(await documentFiles().read(file));
}

/** `id varchar(21)`, `author_id varchar(21) → users`. */
function columnsOf(schema: Schema, table: string): readonly string[] {
  const found = schema.tables.find(({ name }) => name === table);
  return (found?.columns ?? []).map(({ name, type, nullable, unique, references }) => {
    const target = references ? ` → ${references.table}` : '';
    return `${name} ${type}${nullable ? '?' : ''}${unique ? ' unique' : ''}${target}`;
  });
}

test('a contract with people, articles and comments becomes their tables', async () => {
  const { schema, explanation } = await design('conduit.yaml');
  expect(parseSchema(schema)).toEqual(schema);
  expect(schema.accounts).toMatchObject({ table: 'users', login: 'email', password: 'password_hash' });
  expect(columnsOf(schema, 'users')).toEqual([
    'id varchar(21)',
    'username text unique',
    'email text unique',
    'password_hash text',
    'bio text?',
    'image text?',
  ]);
  expect(columnsOf(schema, 'articles')).toEqual([
    'id varchar(21)',
    'slug text unique',
    'title text',
    'description text',
    'tag_list text[]',
    'created_at timestamptz',
    'updated_at timestamptz',
    'author_id varchar(21) → users',
    'body text',
  ]);
  expect(columnsOf(schema, 'comments')).toContain('article_id varchar(21) → articles');
  expect(schema.tables.map(({ name }) => name).sort()).toEqual([
    'article_favorites',
    'articles',
    'comments',
    'user_follows',
    'users',
  ]);
  const title = explanation.tables[1]?.columns.find(({ name }) => name === 'title');
  expect(title?.origin).toEqual({ kind: 'contract', pointer: '#/components/schemas/NewArticle/properties/title' });
});

test('closed lists of values, keys of numbers and references without accounts are understood', async () => {
  const { schema } = await design('pets.yaml');
  expect(schema.accounts).toBeNull();
  expect(schema.enums.map(({ name }) => name)).toEqual(['pet_status', 'order_status']);
  expect(columnsOf(schema, 'pets')).toContain('id bigint');
  expect(columnsOf(schema, 'orders')).toContain('pet_id bigint? → pets');
});

test('schemas that are put together of others are one table', async () => {
  const { schema } = await design('todos.json');
  expect(columnsOf(schema, 'items')).toEqual([
    'id uuid',
    'list_id uuid → lists',
    'created_at timestamptz',
    'text text',
    'done boolean',
    'due date?',
    'priority integer',
  ]);
  expect(schema.tables.map(({ name }) => name)).toEqual(['lists', 'items', 'api_keys']);
});
