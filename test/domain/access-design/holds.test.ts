import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { withoutHolds } from '../../../src/domain/access-design/holds.ts';
import type { Reader, SchemaInput } from '../../../src/domain/schema.ts';
import { parseSchema } from '../../../src/domain/schema-rules.ts';

type TableInput = SchemaInput['tables'][number];
type ColumnInput = TableInput['columns'][number];

const key: ColumnInput = { name: 'id', type: 'varchar', primaryKey: true, default: { generate: 'id' } };

function link(name: string, table: string, more: Partial<ColumnInput> = {}): ColumnInput {
  return { name, type: 'varchar', references: { table, column: 'id', onDelete: 'restrict' }, ...more };
}

const ownerColumn: ColumnInput = {
  ...link('user_id', 'users'),
  default: { generate: 'owner' },
  references: { table: 'users', column: 'id', onDelete: 'cascade' },
};

/** A table of things that accounts own. */
function owned(name: string, read: Reader, columns: readonly ColumnInput[] = []): TableInput {
  return { name, columns: [key, ownerColumn, ...columns], access: { read, write: 'owner' } };
}

function schemaOf(tables: readonly TableInput[]) {
  const users: TableInput = {
    name: 'users',
    columns: [
      key,
      { name: 'email', type: 'text', unique: true },
      { name: 'password_hash', type: 'text', sensitive: true },
    ],
  };
  const accounts = { table: 'users', login: 'email', password: 'password_hash' };
  return parseSchema({ version: 1, accounts, tables: [users, ...tables] });
}

/** What deleting does to each reference that refused. */
function actions(tables: readonly TableInput[], isOpen: (name: string) => boolean = () => true) {
  const made = withoutHolds(schemaOf(tables), ({ name }) => isOpen(name));
  expect(() => parseSchema(made)).not.toThrow();
  return Object.fromEntries(
    made.tables.flatMap(({ name, columns }) =>
      columns.flatMap((column) =>
        column.references && column.name !== 'user_id'
          ? [[`${name}.${column.name}`, column.references.onDelete] as const]
          : [],
      ),
    ),
  );
}

test("a stranger's rating goes with the review, and does not keep it", () => {
  const tables = [owned('reviews', 'everyone'), owned('ratings', 'everyone', [link('review_id', 'reviews')])];
  expect(actions(tables)).toEqual({ 'ratings.review_id': 'cascade' });
});

test('what names an account goes with it', () => {
  const tables = [owned('messages', 'owner', [link('recipient_id', 'users')])];
  expect(actions(tables)).toEqual({ 'messages.recipient_id': 'cascade' });
});

test('records of money and promises stay, and so do their lines', () => {
  const lines: TableInput = {
    name: 'order_items',
    columns: [
      key,
      link('order_id', 'orders', { references: { table: 'orders', column: 'id', onDelete: 'cascade' } }),
      link('listing_id', 'listings'),
    ],
    access: { read: 'owner', write: 'owner', through: 'order_id' },
  };
  const tables = [
    owned('listings', 'everyone'),
    owned('bids', 'everyone', [link('listing_id', 'listings')]),
    owned('orders', 'owner'),
    lines,
  ];
  expect(actions(tables)).toEqual({
    'bids.listing_id': 'restrict',
    'order_items.order_id': 'cascade',
    'order_items.listing_id': 'restrict',
  });
});

test('what belongs to nobody may go on refusing, because it does not go with an account', () => {
  const courses: TableInput = { name: 'courses', columns: [key], access: { read: 'everyone', write: 'accounts' } };
  expect(actions([courses, owned('notes', 'owner', [link('course_id', 'courses')])])).toEqual({
    'notes.course_id': 'restrict',
  });
});

test('among the rows of one account a reference goes on refusing, unless it would keep the account', () => {
  const steps: TableInput = {
    name: 'steps',
    columns: [
      key,
      link('plan_id', 'plans', { references: { table: 'plans', column: 'id', onDelete: 'cascade' } }),
      link('tool_id', 'tools'),
    ],
    access: { read: 'owner', write: 'owner', through: 'plan_id' },
  };
  const tables = [owned('plans', 'owner', [link('tool_id', 'tools')]), owned('tools', 'owner'), steps];
  // A step is two levels from the account, where PostgreSQL arrives after it has asked about the tool.
  expect(actions(tables)).toMatchObject({ 'plans.tool_id': 'restrict', 'steps.tool_id': 'cascade' });
});

test('optional references, and tables that are settled, stay as they are', () => {
  const tables = [
    owned('reviews', 'everyone'),
    owned('ratings', 'everyone', [link('review_id', 'reviews')]),
    owned('notes', 'everyone', [link('review_id', 'reviews', { nullable: true })]),
  ];
  expect(actions(tables, (name) => name !== 'ratings')).toEqual({
    'ratings.review_id': 'restrict',
    'notes.review_id': 'restrict',
  });
});

const folder = fileURLToPath(new URL('../../../templates/schemas', import.meta.url));
test.each(readdirSync(folder))('in the template %s no row keeps what is somebody else’s', (file) => {
  const { schema } = JSON.parse(readFileSync(join(folder, file), 'utf8'));
  const parsed = parseSchema(schema);
  expect(withoutHolds(parsed, () => true)).toEqual(parsed);
});
