import { accountsOf } from '../../domain/access.ts';
import { parseColumnType } from '../../domain/column-type.ts';
import { APP_SCHEMA } from '../../domain/database.ts';
import { readableIdentifier } from '../../domain/identifier.ts';
import { isComparable } from '../../domain/rest.ts';
import type { Column, Schema, Table } from '../../domain/schema.ts';
import type { IndexAdvice } from '../../domain/verification.ts';
import type { SqlSession } from '../../ports/sql.ts';
import { mainStatements } from './list-statements.ts';

/** Indexes are tried one after the other; beyond these it would take too long to be asked for with every verification. */
const MAX_COLUMNS = 150;
/** Less is not worth what an index costs with every write. */
const WORTHWHILE = 2;

/** The indexes that make filters and orders of lists quicker; each was made and taken away again in the open transaction. */
export async function adviseIndexes(schema: Schema, owner: SqlSession): Promise<readonly IndexAdvice[]> {
  const indexed = await indexedColumns(owner);
  const open = schema.tables.flatMap((table) =>
    table.columns
      .filter((column) => isComparable(column) && isIndexable(column) && !indexed.has(`${table.name}.${column.name}`))
      .map((column) => ({ table, column })),
  );
  const advice: IndexAdvice[] = [];
  const accounts = accountsOf(schema);
  const account = accounts ? await someValue(accounts.table, accounts.key, owner) : null;
  for (const { table, column } of open.slice(0, MAX_COLUMNS)) {
    const found = await tryIndex({ table, column, schema, account }, owner);
    if (found) advice.push(found);
  }
  return advice;
}

/** Longer texts are read, not looked for by their every letter; the longest do not even fit into an index. */
const LONGEST_TEXT = 255;

function isIndexable({ type, check }: Column): boolean {
  const parsed = parseColumnType(type);
  return parsed?.kind !== 'text' || (parsed.args[0] ?? check?.maxLength ?? Number.POSITIVE_INFINITY) <= LONGEST_TEXT;
}

/** Columns an index begins with. */
async function indexedColumns(owner: SqlSession): Promise<ReadonlySet<string>> {
  const { rows } = await owner.query(
    `SELECT c.relname || '.' || a.attname AS name
     FROM pg_catalog.pg_index i
     JOIN pg_catalog.pg_class c ON c.oid = i.indrelid
     JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = i.indkey[0]
     WHERE n.nspname = $1 AND i.indpred IS NULL`,
    [APP_SCHEMA],
  );
  return new Set(rows.map(({ name }) => String(name)));
}

interface Candidate {
  readonly table: Table;
  readonly column: Column;
  readonly schema: Schema;
  /** Somebody who asks. */
  readonly account: unknown;
}

async function tryIndex({ table, column, schema, account }: Candidate, owner: SqlSession): Promise<IndexAdvice | null> {
  const { filter, sort } = mainStatements(column, table, schema);
  const value = await someValue(table, column, owner);
  if (value === null) return null;
  // Numbers and times are put in order more often than they are guessed.
  const statements = [
    ...(sort === null ? [] : [{ text: sort, values: [account] }]),
    { text: filter, values: [value, account] },
  ];
  const before = [];
  for (const { text, values: given } of statements) before.push(await plan(text, given, owner));
  const where = `${APP_SCHEMA}.${readableIdentifier(table.name)} (${readableIdentifier(column.name)})`;
  await owner.query('SAVEPOINT untried');
  try {
    await owner.query(`CREATE INDEX _tried ON ${where}`);
    for (const [index, { text, values: given }] of statements.entries()) {
      const after = await plan(text, given, owner);
      if (!after.usesTried || after.cost * WORTHWHILE > (before[index]?.cost ?? 0)) continue;
      return { table: table.name, column: column.name, statement: text, fix: `CREATE INDEX ON ${where};` };
    }
    return null;
  } finally {
    await owner.query('ROLLBACK TO untried');
  }
}

/** A value of the column that is there, as text; null when none is. */
async function someValue(table: Table, column: Column, owner: SqlSession): Promise<string | null> {
  const name = readableIdentifier(column.name);
  const { rows } = await owner.query(
    `SELECT ${name}::text AS value FROM ${APP_SCHEMA}.${readableIdentifier(table.name)}
     WHERE ${name} IS NOT NULL LIMIT 1 OFFSET 7`,
  );
  return rows[0] === undefined ? null : String(rows[0].value);
}

async function plan(
  text: string,
  values: readonly unknown[],
  owner: SqlSession,
): Promise<{ readonly cost: number; readonly usesTried: boolean }> {
  const places = Math.max(0, ...[...text.matchAll(/\$(\d+)/g)].map(([, number]) => Number(number)));
  const { rows } = await owner.query(`EXPLAIN (FORMAT JSON) ${text}`, values.slice(0, places));
  const answer = JSON.stringify(rows[0]);
  const cost = Number(/"Total Cost":\s*([\d.]+)/.exec(answer)?.[1] ?? 0);
  return { cost, usesTried: answer.includes('"_tried"') };
}
