import { addLine, type Backup } from '../domain/backup.ts';
import type { Catalog } from '../domain/catalog.ts';
import { copyCells } from '../domain/copy-text.ts';
import type { Environment } from '../domain/database.ts';
import { TurboError } from '../domain/errors.ts';
import { identifier } from '../domain/identifier.ts';
import { fileHash, type ProjectFolder } from '../domain/project.ts';
import { type RowIndex, rowIndexShape } from '../domain/row-index.ts';
import { findBackup } from '../operations/backups.ts';
import { readCatalog } from '../operations/read-catalog.ts';
import type { Archive } from '../ports/archive.ts';
import type { Needs } from '../ports/services.ts';
import type { SqlSession } from '../ports/sql.ts';
import { loadRows, readIndex } from './load-rows.ts';
import { INDEX_FILE, saveRows } from './save-rows.ts';
import { type VersionNeeds, withOwner } from './version-place.ts';

export interface RestoreOrder {
  /** Whose database gets the rows. */
  readonly env: Environment;
  /** Default: the newest of that environment. */
  readonly id?: string;
  readonly bucket?: string;
}

/**
 * Brings the rows of a backup into a database that has its tables and no rows, in one transaction: all of them, held
 * against what was saved row by row, or none. Throws `database.not_empty`, `project.incomplete` when tables or columns are
 * missing, `version.damaged`, `remote.*`.
 */
export async function restoreBackup(
  folder: ProjectFolder,
  { env, id, bucket }: RestoreOrder,
  services: VersionNeeds & Needs<'remotes'>,
): Promise<Backup> {
  const { project } = folder;
  const wanted = { env, ...(id === undefined ? {} : { id }) };
  const backup = await findBackup(project.id, wanted, bucket, services);
  const archive = await services.remotes.backups(bucket);
  const saved = { folder: backup.id, index: backup.index };
  const index = await readIndex(project.id, saved, { archive });
  await withOwner(folder, env, services, async (session) => {
    await session.query('BEGIN');
    try {
      await assertFits(index, await readCatalog(session), env);
      await assertEmpty(index, env, session);
      const gone = { tables: index.tables.map(({ name }) => name), columns: [] };
      await loadRows({ projectId: project.id, saved, gone }, session, { archive });
      await assertSame(index, { archive, place: { projectId: project.id, folder: backup.id } }, session, services);
      await session.query('COMMIT');
    } catch (error) {
      await session.query('ROLLBACK').catch(() => {});
      throw error;
    }
  });
  await services.state.recordActivity({ projectId: project.id, action: 'restored', details: { id: backup.id, env } });
  return backup;
}

async function assertFits({ tables }: RowIndex, catalog: Catalog, env: Environment): Promise<void> {
  const missing = tables.flatMap(({ name, columns }) => {
    const there = catalog.tables.find((table) => table.name === name);
    if (!there) return [name];
    const names = there.columns.filter(({ generated }) => generated === null).map((column) => column.name);
    return columns.filter((column) => !names.includes(column)).map((column) => `${name}.${column}`);
  });
  if (missing.length === 0) return;
  throw new TurboError('project.incomplete', `The ${env} database does not have ${missing.join(', ')}.`, {
    hint: `turbobackend migrate up --env ${env}, with the migrations of the time of the backup`,
  });
}

async function assertEmpty({ tables }: RowIndex, env: Environment, session: SqlSession): Promise<void> {
  for (const { name } of tables) {
    // Nobody may write into it between this look and the end.
    await session.query(`LOCK TABLE ${identifier(name)} IN ACCESS EXCLUSIVE MODE`);
    const { rowCount } = await session.query(`SELECT FROM ${identifier(name)} LIMIT 1`);
    if (rowCount === 0) continue;
    throw new TurboError('database.not_empty', `Table ${name} of the ${env} database has rows; nothing was changed.`, {
      hint: `Restore into a new database (turbobackend backup restore --into-new), or make room: turbobackend deprovision --env ${env}, then provision and migrate up.`,
    });
  }
}

/** Every row that was saved is there as it was, and no other. Columns that are new since do not count. */
async function assertSame(
  index: RowIndex,
  { archive, place }: { readonly archive: Archive; readonly place: Parameters<Archive['pathOf']>[0] },
  session: SqlSession,
  { clock }: Needs<'clock'>,
): Promise<void> {
  const found = new Map<string, string[]>();
  const only = { tables: index.tables.map(({ name }) => name), columns: [] };
  await saveRows({ place, only, maxBytes: 1 }, session, { archive: keeping(found), clock });
  const now = rowIndexShape.parse(JSON.parse((found.get(INDEX_FILE) ?? []).join('')));
  const wrong: string[] = [];
  for (const saved of index.tables) {
    const there = now.tables.find(({ name }) => name === saved.name);
    let before = 0n;
    for await (const line of archive.readLines(place, { name: saved.file, sha256: saved.sha256 })) {
      before = addLine(before, rowHash(line, saved.columns, saved.columns));
    }
    let after = 0n;
    for (const line of found.get(there?.file ?? '') ?? []) {
      after = addLine(after, rowHash(line, there?.columns ?? [], saved.columns));
    }
    if (before !== after || there?.rows !== saved.rows) wrong.push(saved.name);
  }
  if (wrong.length === 0) return;
  throw new TurboError(
    'version.damaged',
    `The rows of ${wrong.join(', ')} would not be what was saved; nothing was changed.`,
    { hint: 'Compare its migrations with those of the time of the backup: turbobackend migrate status' },
  );
}

/** Of the wanted cells of a row, whatever order the columns have. */
function rowHash(line: string, columns: readonly string[], wanted: readonly string[]): string {
  const cells = copyCells(line);
  return fileHash(JSON.stringify(wanted.map((name) => cells[columns.indexOf(name)] ?? null)));
}

/** Takes texts as an archive does, and keeps their lines here. */
function keeping(found: Map<string, string[]>): Archive {
  const none = () => Promise.reject(new Error('nothing is stored here'));
  return {
    pathOf: () => '',
    async write(_place, name, chunks) {
      const lines: string[] = [];
      // Chunks are whole lines.
      for await (const chunk of chunks) lines.push(...chunk.replace(/\n$/, '').split('\n'));
      found.set(name, lines);
      return { name, bytes: 0, sha256: '' };
    },
    readLines: () => {
      throw new Error('nothing is stored here');
    },
    remove: none,
    list: none,
  };
}
