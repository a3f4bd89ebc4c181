import { expect, test } from 'vitest';
import { type Embedding, embeddings, isNested } from '../../src/domain/embedding.ts';
import { type Schema, schemaShape, type Table } from '../../src/domain/schema.ts';

const id = { name: 'id', type: 'text', primaryKey: true, default: { generate: 'id' } };
const link = (name: string, table: string, more = {}) => ({
  name,
  type: 'text',
  references: { table, column: 'id' },
  ...more,
});

function schemaOf(tables: Readonly<Record<string, readonly object[]>>, more: Readonly<Record<string, object>> = {}) {
  const list = Object.entries(tables).map(([name, columns]) => ({ name, columns, ...more[name] }));
  return schemaShape.parse({ version: 1, tables: list }) as Schema;
}

function tableOf(schema: Schema, name: string): Table {
  const table = schema.tables.find((candidate) => candidate.name === name);
  if (!table) throw new Error(`no table ${name}`);
  return table;
}

const named = (schema: Schema, table: string) =>
  embeddings(tableOf(schema, table), schema).map(({ name, kind, table: other }) => `${name}: ${kind} ${other}`);

test('a parent is named after its column, children after their table', () => {
  const schema = schemaOf({
    users: [id],
    posts: [id, link('author_id', 'users')],
    comments: [id, link('post_id', 'posts'), link('user_id', 'users', { nullable: true })],
  });
  expect(named(schema, 'posts')).toEqual(['author: parent users', 'comments: children comments']);
  expect(named(schema, 'comments')).toEqual(['post: parent posts', 'user: parent users']);
  expect(named(schema, 'users')).toEqual(['posts: children posts', 'comments: children comments']);
});

test('two links from one table are told apart by their columns, and a table can refer to itself', () => {
  const schema = schemaOf({
    users: [id],
    messages: [id, link('sender_id', 'users'), link('recipient_id', 'users'), link('parent_id', 'messages')],
  });
  expect(named(schema, 'users')).toEqual([
    'messages_by_sender: children messages',
    'messages_by_recipient: children messages',
  ]);
  expect(named(schema, 'messages')).toEqual([
    'sender: parent users',
    'recipient: parent users',
    'parent: parent messages',
    'messages: children messages',
  ]);
});

test('no name is that of a column, nor used twice', () => {
  const schema = schemaOf({
    users: [id, { name: 'posts', type: 'integer' }, { name: 'posts_by_owner', type: 'integer' }],
    posts: [
      id,
      link('owner_id', 'users'),
      { name: 'owner', type: 'text' },
      link('users', 'users'),
      link('users_code', 'users'),
    ],
  });
  for (const table of schema.tables) {
    const names = embeddings(table, schema).map(({ name }) => name);
    expect(new Set([...names, ...table.columns.map(({ name }) => name)]).size).toBe(
      names.length + table.columns.length,
    );
  }
  expect(named(schema, 'users')[0]).toBe('posts_by_owner_2: children posts');
});

test('what is sensitive is not followed', () => {
  const schema = schemaOf({ users: [id], posts: [id, link('author_id', 'users', { sensitive: true })] });
  expect(named(schema, 'users')).toEqual([]);
  expect(named(schema, 'posts')).toEqual([]);
});

test('children lie below a row when they refer to the whole of its key', () => {
  const key = (name: string) => ({ name, type: 'integer', primaryKey: true });
  const schema = schemaOf(
    {
      items: [key('order_id'), key('line'), { name: 'code', type: 'text', unique: true }],
      notes: [id, { name: 'a', type: 'integer' }, { name: 'b', type: 'integer' }],
      marks: [id, { name: 'item', type: 'text', references: { table: 'items', column: 'code' } }],
    },
    {
      notes: { foreignKeys: [{ columns: ['b', 'a'], references: { table: 'items', columns: ['line', 'order_id'] } }] },
    },
  );
  const items = tableOf(schema, 'items');
  const nested = embeddings(items, schema).map((embedding: Embedding) => [embedding.name, isNested(embedding, items)]);
  expect(nested).toEqual([
    ['notes', true],
    ['marks', false],
  ]);
});
