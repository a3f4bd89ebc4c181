import { expect, test } from 'vitest';
import { withAccess } from '../../src/domain/access-design.ts';
import type { AccessHints, TableHints } from '../../src/domain/access-hints.ts';
import type { SchemaInput, Table } from '../../src/domain/schema.ts';
import { findProblems, parseSchema } from '../../src/domain/schema-rules.ts';

type ColumnInput = SchemaInput['tables'][number]['columns'][number];

const key: ColumnInput = { name: 'id', type: 'varchar', primaryKey: true, default: { generate: 'id' } };
const text = (name: string, more: Partial<ColumnInput> = {}): ColumnInput => ({ name, type: 'text', ...more });
const link = (name: string, table: string, more: Partial<ColumnInput> = {}): ColumnInput => ({
  name,
  type: 'varchar',
  references: { table, column: 'id', onDelete: 'restrict' },
  ...more,
});
const part = (name: string, table: string): ColumnInput =>
  link(name, table, { references: { table, column: 'id', onDelete: 'cascade' } });

/** Designs access for `users` and other tables; the result has to hold for the rules of schemas. */
function design(
  tables: Record<string, ColumnInput[]>,
  hints: Partial<AccessHints> & { readonly of?: Record<string, TableHints> } = {},
) {
  const people = { users: [text('email', { unique: true })], ...tables };
  const schema = parseSchema({
    version: 1,
    tables: Object.entries(people).map(([name, columns]) => ({ name, columns: [key, ...columns] })),
    enums: people.users.some(({ type }) => type === 'user_kind')
      ? [{ name: 'user_kind', values: ['admin', 'guest'] }]
      : [],
  });
  const { of = {}, ...others } = hints;
  const full = { accounts: 'users', roles: [], isShared: false, tables: new Map(Object.entries(of)), ...others };
  const made = parseSchema(withAccess(schema, full));
  expect(parseSchema(withAccess(schema, full))).toEqual(made);
  const table = (name: string): Table => {
    const found = made.tables.find((one) => one.name === name);
    if (!found) throw new Error(`no table ${name}`);
    return found;
  };
  return {
    schema: made,
    table,
    column: (of: string, name: string) => table(of).columns.find((one) => one.name === name),
  };
}

test('rows with an owner are private, and go with the account', () => {
  const { table, column } = design({ notes: [text('body'), link('author_id', 'users', { nullable: true })] });
  expect(table('notes').access).toEqual({ read: 'owner', write: 'owner', through: null, sharedWith: [] });
  expect(column('notes', 'author_id')).toMatchObject({
    nullable: false,
    default: { generate: 'owner' },
    references: { onDelete: 'cascade' },
  });
  expect(table('notes').indexes).toEqual([{ columns: ['author_id'] }]);
});

const owners: [string, string[], string, string[]][] = [
  ['tasks', ['assignee_id', 'creator_id'], 'creator_id', ['assignee_id']],
  ['messages', ['recipient_id', 'sender_id'], 'sender_id', ['recipient_id']],
  ['orders', ['seller_id', 'buyer_id'], 'buyer_id', ['seller_id']],
  ['follows', ['followed_id', 'follower_id'], 'follower_id', ['followed_id']],
  ['blocks', ['blocker_id', 'blocked_id'], 'blocker_id', []],
  ['reviews', ['reviewer_id'], 'reviewer_id', []],
  ['documents', ['reviewer_id', 'uploader_id'], 'uploader_id', ['reviewer_id']],
];
test.each(owners)('of %s with %j the owner is %s, and %j may read them', (name, columns, owner, shared) => {
  const { table, column } = design({ [name]: columns.map((one) => link(one, 'users')) });
  expect(column(name, owner)?.default).toEqual({ generate: 'owner' });
  expect(table(name).access?.sharedWith).toEqual(shared);
});

test('a row nobody made by what it says gets a column for its maker', () => {
  const { column, table } = design({
    tasks: [text('title', { unique: true }), link('assignee_id', 'users', { nullable: true })],
  });
  expect(column('tasks', 'user_id')).toMatchObject({ nullable: false, default: { generate: 'owner' } });
  expect(table('tasks').access?.sharedWith).toEqual(['assignee_id']);
});

test('a name somebody else has taken on a row one cannot see is free', () => {
  const { column, table } = design({ tags: [text('name', { unique: true })] });
  expect(column('tags', 'name')?.unique).toBe(false);
  expect(table('tags').uniques).toEqual([['user_id', 'name']]);
});

test('parts belong to whom the whole belongs, and are seen by the same people', () => {
  const { table } = design(
    {
      orders: [link('user_id', 'users')],
      lines: [part('order_id', 'orders'), text('name')],
      extras: [part('line_id', 'lines')],
      posts: [link('author_id', 'users')],
      pictures: [part('post_id', 'posts')],
      offers: [link('post_id', 'posts')],
    },
    { of: { posts: { read: 'everyone' } } },
  );
  expect(table('lines').access).toMatchObject({ read: 'owner', through: 'order_id' });
  expect(table('extras').access).toMatchObject({ read: 'owner', through: 'line_id' });
  expect(table('pictures').access).toMatchObject({ read: 'everyone', write: 'owner', through: 'post_id' });
  expect(table('offers').access).toMatchObject({ read: 'owner', through: 'post_id' });
});

test('what is a part of something private is not shown to more people, whatever such things usually are', () => {
  const shown = { of: { comments: { read: 'everyone' }, likes: { read: 'everyone' } } } as const;
  const parts = {
    comments: [part('post_id', 'posts'), link('author_id', 'users')],
    likes: [part('post_id', 'posts'), link('user_id', 'users')],
  };
  const hidden = design({ posts: [link('author_id', 'users')], ...parts }, shown);
  expect(hidden.table('comments').access).toMatchObject({ read: 'owner', sharedWith: ['author_id'] });
  expect(hidden.table('likes').access).toMatchObject({ read: 'owner', write: 'owner' });
  const of = { ...shown.of, posts: { read: 'everyone' } } as const;
  const open = design({ posts: [link('author_id', 'users')], ...parts }, { of });
  expect(['comments', 'likes'].map((name) => open.table(name).access?.read)).toEqual(['everyone', 'everyone']);
});

test('who takes part in something private is said by its owner, and may read that', () => {
  const { table } = design({
    projects: [link('owner_id', 'users')],
    project_members: [part('project_id', 'projects'), link('user_id', 'users')],
    replies: [part('project_id', 'projects'), link('author_id', 'users', { nullable: true })],
  });
  expect(table('project_members').access).toMatchObject({ through: 'project_id', sharedWith: ['user_id'] });
  expect(table('replies').access).toMatchObject({ through: 'project_id', sharedWith: ['author_id'] });
});

test('what administrators keep about somebody is read by them', () => {
  const { schema, table, column } = design(
    { payslips: [link('user_id', 'users')], products: [text('name')] },
    { of: { payslips: { write: 'admins' }, products: { write: 'admins', read: 'everyone' } } },
  );
  expect(table('payslips').access).toMatchObject({ read: 'owner', write: 'admins', sharedWith: ['user_id'] });
  expect(column('payslips', 'user_id')?.default).toBeNull();
  expect(column('payslips', 'owner_id')?.default).toEqual({ generate: 'owner' });
  expect(table('products').access).toMatchObject({ read: 'everyone', write: 'admins' });
  expect(schema.accounts).toMatchObject({ role: 'role', admins: ['admin'] });
  expect(column('users', 'role')).toMatchObject({ protected: true, default: { value: 'user' } });
});

test('lookups are as private as what they sort', () => {
  const lookup = { isLookup: true, read: 'everyone' } as const;
  const notes = [link('author_id', 'users'), link('topic_id', 'topics', { nullable: true })];
  const topics = [text('name', { unique: true })];
  expect(design({ topics, notes }, { of: { topics: { isLookup: true } } }).table('topics').access?.read).toBe('owner');
  const open = design({ topics, notes }, { of: { topics: { isLookup: true }, notes: { read: 'everyone' } } });
  expect(open.table('topics').access).toMatchObject({ read: 'everyone', write: 'accounts' });
  expect(design({ topics, notes }, { of: { topics: lookup } }).table('topics').access?.read).toBe('everyone');
});

test('what nobody owns is kept by all where they work together', () => {
  const { table } = design({ machines: [text('name')], repairs: [part('machine_id', 'machines')] }, { isShared: true });
  expect(table('machines').access).toMatchObject({ read: 'accounts', write: 'accounts' });
  expect(table('repairs').access).toMatchObject({ read: 'accounts', write: 'accounts' });
});

test('the role that is there is used, and nobody is an administrator by default', () => {
  const role = { name: 'role', type: 'user_kind', default: { value: 'admin' } };
  const { schema, column } = design({ users: [text('email', { unique: true }), role] }, { roles: ['admin'] });
  expect(schema.accounts).toMatchObject({ role: 'role', admins: ['admin'] });
  expect(column('users', 'role')).toMatchObject({ default: { value: 'guest' }, protected: true });
});

test('people without a login or a hash get both, and a plain password is none', () => {
  const { schema, table } = design({
    users: [text('password'), text('balance_cents'), { name: 'is_admin', type: 'boolean' }],
  });
  expect(schema.accounts).toEqual({
    table: 'users',
    login: 'email',
    password: 'password_hash',
    role: null,
    admins: [],
  });
  const names = table('users').columns.map(({ name }) => name);
  expect(names).toEqual(['id', 'email', 'password_hash', 'balance_cents', 'is_admin']);
  expect(table('users').columns.filter((column) => column.protected)).toMatchObject([
    { name: 'balance_cents', nullable: true },
    { name: 'is_admin', default: { value: false } },
  ]);
});

test('an account needs nothing that belongs to accounts', () => {
  const { column } = design({
    users: [text('email', { unique: true }), link('team_id', 'teams')],
    teams: [text('name'), link('country_id', 'countries')],
    countries: [text('name')],
  });
  expect(column('users', 'team_id')).toMatchObject({ nullable: true, references: { onDelete: 'set-null' } });
});

test('a table that is not there, or has no key of one column, is refused', () => {
  expect(() => design({}, { accounts: 'people' })).toThrow(expect.objectContaining({ code: 'schema.invalid' }));
  const pair: ColumnInput[] = [text('email', { primaryKey: true })];
  expect(() => design({ pairs: pair }, { accounts: 'pairs' })).toThrow(
    expect.objectContaining({ code: 'schema.invalid' }),
  );
});

test('where there are administrators, owners do not say that something is paid, approved or worth anything', () => {
  const tables = {
    orders: [
      link('user_id', 'users'),
      { name: 'paid_at', type: 'bigint', nullable: true },
      { name: 'is_approved', type: 'boolean' },
      { name: 'payment_status', type: 'text' },
      { name: 'wallet_balance_cents', type: 'bigint' },
      { name: 'verified_at', type: 'bigint' },
      { name: 'total_cents', type: 'bigint' },
    ],
    news: [text('title'), { name: 'approved', type: 'boolean', default: { value: true } }],
  };
  const { table } = design(tables, { of: { news: { write: 'admins', read: 'everyone' } } });
  const closed = (name: string) => table(name).columns.filter((column) => column.protected);
  expect(closed('orders').map(({ name, default: made, nullable }) => [name, made, nullable])).toEqual([
    ['paid_at', null, true],
    ['is_approved', { value: false }, false],
    ['payment_status', null, true],
    ['wallet_balance_cents', { value: 0 }, false],
    ['verified_at', null, true],
  ]);
  // What administrators write is theirs, anyway.
  expect(closed('news')).toEqual([]);
  // Where nobody else could say it, the owner does.
  const alone = design({ orders: tables.orders });
  expect(alone.table('orders').columns.filter((column) => column.protected)).toEqual([]);
});

test('an account that would have to refer to what only some may see is refused, and never designed', () => {
  const companies = [text('name')];
  const { schema, column } = design(
    { users: [text('email', { unique: true }), link('company_id', 'companies')], companies },
    { of: { companies: { read: 'owner' } } },
  );
  expect(column('users', 'company_id')?.nullable).toBe(true);
  const required = {
    ...schema,
    tables: schema.tables.map((table) => ({
      ...table,
      columns: table.columns.map((one) =>
        one.name === 'company_id' && one.references
          ? { ...one, nullable: false, references: { ...one.references, onDelete: 'restrict' as const } }
          : one,
      ),
    })),
  };
  expect(findProblems(required)).toContainEqual({
    path: 'tables.users.columns.company_id.references',
    message: expect.stringMatching(/^nobody could register: .* "companies" /),
  });
});
