import { expect, test } from 'vitest';
import { BACKEND_TABLES, backendDdl } from '../../src/domain/backend-tables.ts';
import { initialMigration, judgeMigration, parseMigrationFiles } from '../../src/domain/migration.ts';
import { EMPTY_SCHEMA, type Schema } from '../../src/domain/schema.ts';
import { readSchema } from '../support/generated-projects.ts';

function tablesOf(ddl: string): readonly string[] {
  return [...ddl.matchAll(/^CREATE TABLE (\w+)/gm)].map(([, name]) => name ?? '').sort();
}

test('sessions and counts of attempts are kept only where people sign in', () => {
  expect(tablesOf(backendDdl(EMPTY_SCHEMA))).toEqual(['_idempotency_keys']);
  expect(tablesOf(backendDdl(readSchema('tasks')))).toEqual(BACKEND_TABLES);
  expect(backendDdl(readSchema('blog'))).not.toContain('_signed_in');
});

test.each([
  ['tasks', 'account_id varchar(21) NOT NULL', 'REFERENCES users (id)', 'false AS is_admin'],
  ['forum', 'account_id varchar(21) NOT NULL', 'REFERENCES users (id)', "account.role::text IN ('admin')"],
  ['shop', 'account_id bigint NOT NULL', 'REFERENCES customers (id)', 'false AS is_admin'],
  ['hostile-accounts', 'account_id uuid NOT NULL', 'REFERENCES run ("row")', "IN ('it''s', E'a\\\\b')"],
])('%s: a session belongs to an account by its key, and tells whether it is an administrator', (name, ...parts) => {
  const ddl = backendDdl(readSchema(name));
  for (const part of parts) expect(ddl).toContain(part);
});

test.each(['tasks', 'forum', 'shop', 'hostile-accounts'])('%s: the first migration is accepted', async (name) => {
  const schema: Schema = readSchema(name);
  const { path, content } = initialMigration(schema, 0);
  const [file] = parseMigrationFiles({ [path]: content });
  if (!file) throw new Error('not read');
  expect((await judgeMigration(file)).transactional).toBe(true);
});
