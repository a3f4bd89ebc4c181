import { TurboError } from '../../domain/errors.ts';
import {
  DOWN_FOLDER,
  describePlace,
  isUnwritten,
  type JudgedMigration,
  judgeMigration,
  MIGRATIONS_FOLDER,
  type MigrationFile,
  type MigrationFolder,
  statementSum,
} from '../../domain/migration.ts';
import { parseSql } from '../../domain/sql-parse.ts';
import { compareJournal, type JournalRow } from './journal.ts';

/** Where an edited file differs first from what was applied, when that can be told. */
async function firstChange(file: MigrationFile, row: JournalRow): Promise<string> {
  const statements = await parseSql(file.sql).catch(() => []);
  const changed = statements.find((statement, index) => statementSum(statement.text) !== row.statementSums[index]);
  return changed ? ` First difference: ${describePlace(file, changed.line)}.` : '';
}

/** Throws `migration.missing` or `migration.changed` when the past is not what was applied. */
async function assertPast(folder: MigrationFolder, journal: readonly JournalRow[]): Promise<void> {
  const states = compareJournal(folder, journal);
  const missing = states.find((row) => row.state === 'missing');
  if (missing) {
    throw new TurboError(
      'migration.missing',
      `The migration ${missing.version}_${missing.name} was applied to this database, but its file is missing.`,
      { hint: 'Bring the file back, for example from git. Nothing was run.', details: { version: missing.version } },
    );
  }
  const changed = states.find((row) => row.state === 'changed');
  const file = folder.ups.find(({ version }) => version === changed?.version);
  const row = journal.find(({ version }) => version === changed?.version);
  if (file && row) throw await changedFile(file, row);
}

/**
 * The files that still have to run, judged, in order, the last one being `to`. Throws what `assertPast` throws,
 * `migration.invalid` for a new file older than an applied one or without any statement, and for a `to` that is no
 * migration, and what `judgeMigration` throws.
 */
export async function planRun(
  folder: MigrationFolder,
  journal: readonly JournalRow[],
  to?: string,
): Promise<readonly JudgedMigration[]> {
  await assertPast(folder, journal);
  const last = to === undefined ? undefined : findVersion(folder.ups, to);
  const rows = new Map(journal.map((row) => [row.version, row]));
  const newest = journal.filter((row) => row.status === 'applied').at(-1)?.version ?? '';
  const pending: JudgedMigration[] = [];
  for (const file of folder.ups) {
    const row = rows.get(file.version);
    if (row?.status === 'applied' || (last !== undefined && file.version > last)) continue;
    if (file.version < newest && !row) {
      throw new TurboError('migration.invalid', `${file.path} is older than ${newest}, which was applied already.`, {
        hint: 'Give it a later version, so that every database gets the migrations in one order. Nothing was run.',
      });
    }
    pending.push(await judgeWhole(file));
  }
  return pending;
}

/**
 * The files that lead back to `to`, judged, newest first: the last migration alone unless given, all of them for `0`.
 * Throws what `assertPast` throws, `migration.missing` when one has no way back, `migration.invalid` for a `to` that was
 * not applied, and what `judgeMigration` throws.
 */
export async function planReversal(
  folder: MigrationFolder,
  journal: readonly JournalRow[],
  to?: string,
): Promise<readonly JudgedMigration[]> {
  await assertPast(folder, journal);
  const stays = to === undefined ? journal.at(-2)?.version : to === '0' ? '' : findVersion(journal, to);
  const rows = journal.filter(({ version }) => version > (stays ?? ''));
  const plan: JudgedMigration[] = [];
  for (const row of rows.toReversed()) {
    const down = folder.downs.find(({ version }) => version === row.version);
    const name = `${row.version}_${row.name}`;
    if (!down || isUnwritten(down)) {
      const why = down ? `: ${down.path} is still to be written` : '';
      throw new TurboError('migration.missing', `${name} has no way back${why}.`, {
        hint: `Write one: ${MIGRATIONS_FOLDER}/${DOWN_FOLDER}/${name}.sql. Nothing was run.`,
        details: { version: row.version },
      });
    }
    const judged = await judgeWhole(down);
    if (row.status === 'running' && judged.transactional) {
      throw new TurboError('migration.refused', `${name} was begun and not finished.`, {
        hint: 'Finish it first: turbobackend migrate up. Nothing was run.',
      });
    }
    plan.push(judged);
  }
  return plan;
}

/** Whoever runs a file that is still to be written would find it applied, and empty for ever. */
async function judgeWhole(file: MigrationFile): Promise<JudgedMigration> {
  const judged = await judgeMigration(file);
  if (judged.statements.length > 0) return judged;
  throw new TurboError('migration.invalid', `${file.path} has no statement yet.`, {
    hint: 'Write it, or remove the file. Nothing was run.',
  });
}

/** The version of one of these, by it, by `<version>_<name>` or by its file. */
function findVersion(rows: readonly { readonly version: string; readonly name: string }[], wanted: string): string {
  const plain = wanted.replace(/^.*\//, '').replace(/\.sql$/, '');
  const found = rows.find(({ version, name }) => plain === version || plain === `${version}_${name}`);
  if (found) return found.version;
  const known = rows.map(({ version, name }) => `${version}_${name}`);
  throw new TurboError('migration.invalid', `${JSON.stringify(wanted)} is none of the migrations.`, {
    hint: known.length > 0 ? `Name one of: ${known.slice(-5).join(', ')}. Nothing was run.` : 'There are none.',
  });
}

async function changedFile(file: MigrationFile, row: JournalRow): Promise<TurboError> {
  const done = row.status === 'applied' ? 'applied' : 'begun';
  const message = `${file.path} was changed after it was ${done}: the journal has ${row.checksum}, the file ${file.checksum}.`;
  return new TurboError('migration.changed', message + (await firstChange(file, row)), {
    hint: 'Bring the old content back and put the change into a new migration; what was meant: turbobackend migrate repair. Nothing was run.',
    details: { file: file.path, applied: row.checksum, found: file.checksum },
  });
}
