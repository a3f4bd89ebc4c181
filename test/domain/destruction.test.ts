import { expect, test } from 'vitest';
import { findDestruction } from '../../src/domain/migration.ts';

test.each([
  ['DROP TABLE a', 'drops a table'],
  ['DROP SCHEMA s', 'drops a schema'],
  ['ALTER TABLE a ADD x int, DROP COLUMN b', 'drops a column'],
  ['ALTER TABLE a ALTER b TYPE int USING NULL', 'changes the type of a column'],
  ['TRUNCATE a', 'empties a table'],
  ['DELETE FROM a WHERE id = 1', 'deletes rows'],
  ['WITH gone AS (DELETE FROM a RETURNING *) INSERT INTO b SELECT * FROM gone', 'deletes rows'],
  ['MERGE INTO a USING b ON a.id = b.id WHEN MATCHED THEN DELETE', 'deletes rows'],
  ['DROP TYPE t CASCADE', 'drops what depends on something'],
])('%s takes data away', async (sql, what) => {
  expect(await findDestruction(`SELECT 1;\n${sql};`)).toEqual([{ line: 2, what }]);
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
