import { BACKEND_TABLES } from '../domain/backend-tables.ts';
import type { Catalog, CatalogTable } from '../domain/catalog.ts';
import type { Gone } from '../domain/column-places.ts';
import { identifier } from '../domain/identifier.ts';
import type { IndexedTable, RowIndex } from '../domain/row-index.ts';
import type { SavedRows } from '../domain/version.ts';
import { readCatalog } from '../operations/read-catalog.ts';
import { readPlaces } from '../operations/read-places.ts';
import type { ArchivePlace } from '../ports/archive.ts';
import type { Needs } from '../ports/services.ts';
import type { SqlSession } from '../ports/sql.ts';
import type { FileTree } from '../ports/workspace.ts';

export const INDEX_FILE = 'index.json.gz';

/** One text for one value, whatever server, role or database have set. */
export const EXACT_TEXTS = `SET LOCAL "DateStyle" = 'ISO, YMD'; SET LOCAL "IntervalStyle" = 'postgres'; SET LOCAL "TimeZone" = 'UTC';
  SET LOCAL bytea_output = 'hex'; SET LOCAL extra_float_digits = 1; SET LOCAL xmloption = 'content'`;

export interface SaveOrder {
  readonly place: ArchivePlace;
  /** Only these tables and columns; everything otherwise. */
  readonly only?: Gone;
  /** Kept beside the rows. */
  readonly migrations?: FileTree;
  readonly maxBytes: number;
}

/**
 * Puts rows aside as the open transaction of the session sees them: each value as PostgreSQL's own text, the places of
 * sequences, and the catalog. What the backend keeps for itself is left out: answers and sessions are worth a day, and
 * an old session must not come back to life. Null, and nothing is left, when it would be more than `maxBytes`; then
 * the session is of no more use.
 */
export async function saveRows(
  { place, only, migrations = {}, maxBytes }: SaveOrder,
  session: SqlSession,
  { archive, clock }: Needs<'archive' | 'clock'>,
): Promise<SavedRows | null> {
  await session.query(EXACT_TEXTS);
  const catalog = await readCatalog(session);
  const places = await readPlaces(session);
  const tables: IndexedTable[] = [];
  let [rows, bytes] = [0, 0];
  for (const [number, { name, columns, key }] of selectColumns(catalog, only).entries()) {
    // Everything as text: that is what other columns, and older copies, are held against.
    const cells = columns.map((column) => `${identifier(column)}::text`);
    const lines = session.copyOut(`SELECT ${cells.join(', ')} FROM ONLY ${identifier(name)}`);
    const file = await archive.write(place, `${number + 1}.copy.gz`, lines.pieces, { maxBytes: maxBytes - bytes });
    if (file === null) {
      await archive.remove(place.projectId, place.folder);
      return null;
    }
    tables.push({
      name,
      columns: [...columns],
      key: [...key],
      rows: lines.rows(),
      file: file.name,
      sha256: file.sha256,
    });
    rows += lines.rows();
    bytes += file.bytes;
  }
  const sequences = await readSequences(catalog, tables, session);
  const index: RowIndex = {
    version: 1,
    catalog,
    places: [...places],
    tables,
    sequences,
    only: only ?? null,
    migrations: { ...migrations },
  };
  const written = await archive.write(place, INDEX_FILE, [JSON.stringify(index)]);
  if (written === null) throw new Error('an index is never too large');
  return { folder: place.folder, index: written.sha256, rows, bytes: bytes + written.bytes, at: clock.now() };
}

type Selected = Pick<IndexedTable, 'name' | 'columns' | 'key'>;

function selectColumns(catalog: Catalog, only: Gone | undefined): readonly Selected[] {
  return catalog.tables.flatMap((table): Selected[] => {
    const { name } = table;
    if (BACKEND_TABLES.includes(name)) return [];
    const written = table.columns.filter(({ generated }) => generated === null).map((column) => column.name);
    const key = keyOf(table).filter((column) => written.includes(column));
    if (only === undefined || only.tables.includes(name)) {
      return written.length === 0 ? [] : [{ name, columns: written, key }];
    }
    const gone = only.columns
      .find(({ table: other }) => other === name)
      ?.columns.filter((one) => written.includes(one));
    if (!gone || gone.length === 0) return [];
    // Without a key nobody could say whose values they were: then the whole row is kept, for people.
    return [{ name, columns: key.length === 0 ? written : [...new Set([...key, ...gone])], key }];
  });
}

function keyOf(table: CatalogTable): readonly string[] {
  return table.constraints.find(({ kind }) => kind === 'primary')?.columns ?? [];
}

/** Where the sequences behind the columns stand. */
async function readSequences(
  catalog: Catalog,
  tables: readonly IndexedTable[],
  session: SqlSession,
): Promise<RowIndex['sequences']> {
  const found: RowIndex['sequences'] = [];
  for (const table of catalog.tables) {
    const columns = tables.find(({ name }) => name === table.name)?.columns ?? [];
    for (const { name, sequence } of table.columns) {
      if (sequence === null || !columns.includes(name)) continue;
      const { rows } = await session.query(
        `SELECT last_value::text AS last, is_called AS called FROM ${identifier(sequence)}`,
      );
      found.push({ table: table.name, column: name, last: String(rows[0]?.last), isCalled: rows[0]?.called === true });
    }
  }
  return found;
}
