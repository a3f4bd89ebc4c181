import type { Catalog, CatalogConstraint, CatalogTable } from '../domain/catalog.ts';
import type { Gone } from '../domain/column-places.ts';
import { copyCells } from '../domain/copy-text.ts';
import { TurboError } from '../domain/errors.ts';
import { identifier } from '../domain/identifier.ts';
import { type IndexedTable, type RowIndex, rowIndexShape } from '../domain/row-index.ts';
import type { SavedRows } from '../domain/version.ts';
import { readCatalog } from '../operations/read-catalog.ts';
import type { Needs } from '../ports/services.ts';
import type { SqlSession } from '../ports/sql.ts';
import { disableTriggers, enableTriggers } from './own-triggers.ts';
import { EXACT_TEXTS, INDEX_FILE } from './save-rows.ts';

const BATCH = 2000;

/** What came back. */
export interface Returned {
  /** Rows of tables that were gone, and rows that have values of theirs again. */
  readonly rows: number;
  readonly values: number;
  /** What stays away, and why, in words. */
  readonly left: readonly string[];
}

/** Reads what lies beside saved rows. Throws `version.damaged`. */
export async function readIndex(
  projectId: string,
  { folder, index }: Pick<SavedRows, 'folder' | 'index'>,
  { archive }: Needs<'archive'>,
): Promise<RowIndex> {
  const place = { projectId, folder };
  let text = '';
  for await (const line of archive.readLines(place, { name: INDEX_FILE, sha256: index })) text += line;
  const parsed = rowIndexShape.safeParse(JSON.parse(text));
  if (parsed.success) return parsed.data;
  throw new TurboError('version.damaged', `${archive.pathOf(place)} is not what was written there.`, {
    hint: 'Nothing was changed.',
  });
}

/**
 * Brings saved rows back, in the open transaction of the session: all of tables that were gone and are there again, and
 * the values of columns that were gone, by primary key. Rows that are not there any more stay away, and so does what
 * refers to them. Identities go on behind what is there. Triggers of people do not fire. Throws `version.damaged`, and
 * `SqlError` for values that do not fit any more.
 */
export async function loadRows(
  order: { readonly projectId: string; readonly saved: Pick<SavedRows, 'folder' | 'index'>; readonly gone: Gone },
  session: SqlSession,
  services: Needs<'archive'>,
): Promise<Returned> {
  const { projectId, saved, gone } = order;
  const index = await readIndex(projectId, saved, services);
  // What is checked only in the end would keep tables from being altered.
  await session.query(`${EXACT_TEXTS}; SET CONSTRAINTS ALL IMMEDIATE`);
  const catalog = await readCatalog(session);
  const touched = catalog.tables.filter(
    ({ name }) => gone.tables.includes(name) || gone.columns.some(({ table }) => table === name),
  );
  const resting = await disableTriggers(touched, session);
  const place = { projectId, folder: saved.folder };
  const reader = (table: IndexedTable) => services.archive.readLines(place, { name: table.file, sha256: table.sha256 });
  const whole = await loadTables(index, gone, { catalog, session, reader });
  const parts = await loadColumns(index, gone, { catalog, session, reader });
  await setSequences(index, gone, catalog, session);
  await enableTriggers(resting, session);
  return { rows: whole.rows, values: parts.rows, left: [...whole.left, ...parts.left] };
}

interface Loading {
  readonly catalog: Catalog;
  readonly session: SqlSession;
  readonly reader: (table: IndexedTable) => AsyncIterable<string>;
}

interface Loaded {
  readonly rows: number;
  readonly left: readonly string[];
}

/** Whole tables, while their references stand aside, so that circles need no order. */
async function loadTables(index: RowIndex, gone: Gone, loading: Loading): Promise<Loaded> {
  const { catalog, session, reader } = loading;
  const wanted = index.tables.flatMap((saved) => {
    const table = gone.tables.includes(saved.name) ? catalog.tables.find(({ name }) => name === saved.name) : undefined;
    return table ? [{ saved, table }] : [];
  });
  const references = wanted.flatMap(({ table }) => foreignKeys(table).map((rule) => ({ table, rule })));
  for (const { table, rule } of references) {
    await session.query(`ALTER TABLE ${identifier(table.name)} DROP CONSTRAINT ${identifier(rule.name)}`);
  }
  let rows = 0;
  for (const { saved, table } of wanted) {
    const columns = writable(table, saved.columns);
    if (columns.length === 0) continue;
    const names = columns.map(({ name }) => identifier(name));
    const insert = `INSERT INTO ${identifier(table.name)} (${names.join(', ')}) OVERRIDING SYSTEM VALUE
      SELECT ${columns.map(({ type }, at) => `v.c${at}::${type}`).join(', ')} FROM ${unnest(columns.length)} ON CONFLICT DO NOTHING`;
    for await (const cells of batches(
      reader(saved),
      columns.map(({ at }) => at),
    )) {
      rows += (await session.query(insert, cells)).rowCount;
    }
  }
  const orphans = await removeOrphans(references, session);
  for (const { table, rule } of references) {
    await session.query(
      `ALTER TABLE ${identifier(table.name)} ADD CONSTRAINT ${identifier(rule.name)} ${rule.definition}`,
    );
  }
  const left = orphans === 0 ? [] : [`${orphans} rows that refer to rows which were deleted since`];
  return { rows: rows - orphans, left };
}

type Reference = { readonly table: CatalogTable; readonly rule: CatalogConstraint };

/** Rows whose parents are gone; taking them away may leave others without theirs. */
async function removeOrphans(references: readonly Reference[], session: SqlSession): Promise<number> {
  let total = 0;
  for (;;) {
    let found = 0;
    for (const { table, rule } of references) {
      const cells = rule.columns.map((column) => `t.${identifier(column)}`);
      const sql = `DELETE FROM ${identifier(table.name)} AS t WHERE NOT ${hasParent(rule, cells)}`;
      found += (await session.query(sql)).rowCount;
    }
    total += found;
    if (found === 0) return total;
  }
}

/** Of a reference: some cell is null, or there is a row it leads to. */
function hasParent({ target }: CatalogConstraint, cells: readonly string[]): string {
  if (target === null) return 'true';
  const pairs = target.columns.map((column, at) => `p.${identifier(column)} = ${cells[at]}`);
  const empty = cells.map((cell) => `${cell} IS NULL`).join(' OR ');
  return `(${empty} OR EXISTS (SELECT FROM ${identifier(target.table)} AS p WHERE ${pairs.join(' AND ')}))`;
}

/** Values of columns in rows that are still there. */
async function loadColumns(index: RowIndex, gone: Gone, loading: Loading): Promise<Loaded> {
  const { catalog, session, reader } = loading;
  const left: string[] = [];
  let rows = 0;
  for (const { table: name, columns: titles } of gone.columns) {
    const table = catalog.tables.find((one) => one.name === name);
    const saved = index.tables.find((one) => one.name === name);
    if (!table || !saved) continue;
    const key = writable(table, saved.key);
    const columns = writable(
      table,
      saved.columns.filter((one) => titles.includes(one)),
    );
    if (columns.length === 0) continue;
    if (key.length === 0 || key.length < saved.key.length) {
      left.push(`the values of ${titles.join(', ')}: ${name} has no primary key to find their rows by`);
      continue;
    }
    const sql = updateSql(table, key, columns);
    const at = [...key, ...columns].map((column) => saved.columns.indexOf(column.name));
    let found = 0;
    for await (const cells of batches(reader(saved), at)) found += (await session.query(sql, cells)).rowCount;
    rows += found;
  }
  return { rows, left };
}

interface Writable {
  readonly name: string;
  readonly type: string;
  /** Its place among the cells of a line. */
  readonly at: number;
}

/** Those that are there and may be written, with their types as they are now. */
function writable(table: CatalogTable, names: readonly string[]): readonly Writable[] {
  return names.flatMap((name, at) => {
    const column = table.columns.find((one) => one.name === name && one.generated === null);
    return column ? [{ name, type: column.type, at }] : [];
  });
}

function updateSql(table: CatalogTable, key: readonly Writable[], columns: readonly Writable[]): string {
  const cells = [...key, ...columns].map(({ name, type }, at) => ({ name, sql: `v.c${at}::${type}` }));
  const cellOf = (name: string) => cells.find((cell) => cell.name === name)?.sql ?? `t.${identifier(name)}`;
  const rules = foreignKeys(table).filter((rule) =>
    rule.columns.some((name) => columns.some((one) => one.name === name)),
  );
  return `UPDATE ${identifier(table.name)} AS t SET ${columns.map(({ name }) => `${identifier(name)} = ${cellOf(name)}`).join(', ')}
    FROM ${unnest(cells.length)}
    WHERE ${key.map(({ name }) => `t.${identifier(name)} = ${cellOf(name)}`).join(' AND ')}
      ${rules.map((rule) => `AND ${hasParent(rule, rule.columns.map(cellOf))}`).join(' ')}`;
}

const foreignKeys = (table: CatalogTable) => table.constraints.filter(({ kind }) => kind === 'foreign');

function unnest(count: number): string {
  const numbers = Array.from({ length: count }, (_, at) => at);
  return `unnest(${numbers.map((at) => `$${at + 1}::text[]`).join(', ')}) AS v (${numbers.map((at) => `c${at}`).join(', ')})`;
}

/** Some lines at a time, column by column. */
async function* batches(
  lines: AsyncIterable<string>,
  at: readonly number[],
): AsyncIterable<readonly (string | null)[][]> {
  let rows: (string | null)[][] = [];
  const columns = () => at.map((place) => rows.map((row) => row[place] ?? null));
  for await (const line of lines) {
    rows.push(copyCells(line));
    if (rows.length < BATCH) continue;
    yield columns();
    rows = [];
  }
  if (rows.length > 0) yield columns();
}

/** An identity goes on where it was, or behind what is there. */
async function setSequences(index: RowIndex, gone: Gone, catalog: Catalog, session: SqlSession): Promise<void> {
  for (const { table, column, last, isCalled } of index.sequences) {
    const isBack =
      gone.tables.includes(table) || gone.columns.some((one) => one.table === table && one.columns.includes(column));
    const there = catalog.tables.find(({ name }) => name === table)?.columns.find(({ name }) => name === column);
    if (!isBack || !there?.sequence) continue;
    const sequence = identifier(there.sequence);
    await session.query('SELECT pg_catalog.setval($1::text::regclass, $2::bigint, $3)', [sequence, last, isCalled]);
    await session.query(
      `SELECT pg_catalog.setval($1::text::regclass, most) FROM (SELECT max(${identifier(column)})::bigint AS most FROM ${identifier(table)}) AS m
       WHERE most > (SELECT last_value FROM ${sequence})`,
      [sequence],
    );
  }
}
