import { expect, test } from 'vitest';
import { findDestruction } from '../../src/domain/migration.ts';

const a = [{ schema: 'app', name: 'a' }];

test.each([
  ['DROP TABLE a', 'drops a table', a],
  ['DROP TABLE a, "B".c CASCADE', 'drops a table', [...a, { schema: 'B', name: 'c' }]],
  ['DROP SCHEMA s', 'drops a schema', null],
  ['DROP SEQUENCE s', 'drops a sequence', null],
  ['ALTER TABLE a ADD x int, DROP COLUMN b', 'drops a column', a],
  ['TRUNCATE a, b', 'empties a table', [...a, { schema: 'app', name: 'b' }]],
  ['DELETE FROM a WHERE id = 1', 'deletes rows', a],
  ['WITH gone AS (DELETE FROM a RETURNING *) INSERT INTO b SELECT * FROM gone', 'deletes rows', a],
  ['MERGE INTO a USING b ON a.id = b.id WHEN MATCHED THEN DELETE', 'deletes rows', a],
  ['DROP TYPE t CASCADE', 'drops what depends on something', null],
])('%s takes data away', async (sql, what, tables) => {
  const found = [{ line: 2, what, tables, mayKeepAll: false }];
  expect(await findDestruction(`SELECT 1;\n${sql};`)).toEqual(found);
});

test('another type of a column may take values away', async () => {
  const found = [{ line: 1, what: 'changes the type of a column', tables: a, mayKeepAll: true }];
  expect(await findDestruction('ALTER TABLE a ALTER b TYPE int USING NULL')).toEqual(found);
});

test.each([
  'CREATE TABLE b (id int REFERENCES a ON DELETE CASCADE)',
  'ALTER TABLE a ADD b int',
  'ALTER TABLE a DROP CONSTRAINT c',
  'DROP INDEX i',
  'DROP VIEW v',
  'UPDATE a SET b = 1',
  "COMMENT ON TABLE a IS 'DROP TABLE a'",
  'this does not parse; DROP TABLE a',
])('%s does not', async (sql) => {
  expect(await findDestruction(sql)).toEqual([]);
});
