import { judgeMigration, type MigrationFolder } from '../../domain/migration.ts';
import type { SqlSession } from '../../ports/sql.ts';
import { acceptFile, deleteRow, finishRow, type JournalRow } from './journal.ts';
import { settle } from './run-alone.ts';
import type { RunServices } from './run-file.ts';

/** Something that `migrate up` refuses or waits for, and that somebody may know better. */
export interface Repair {
  readonly version: string;
  readonly name: string;
  /**
   * `accept`: its file was edited or renamed after it was applied. `settle`: it was begun, and its runner is gone.
   * `forget`: it was applied, and has no file.
   */
  readonly kind: 'accept' | 'settle' | 'forget';
}

/** What journal and files do not agree about, in the order of the versions. */
export function listRepairs({ ups }: MigrationFolder, journal: readonly JournalRow[]): readonly Repair[] {
  return journal.flatMap(({ version, name, checksum, status }): readonly Repair[] => {
    const file = ups.find((up) => up.version === version);
    if (!file) return [{ version, name, kind: 'forget' }];
    if (status === 'running') return [{ version, name, kind: 'settle' }];
    return file.checksum === checksum && file.name === name ? [] : [{ version, name, kind: 'accept' }];
  });
}

/** Makes the journal agree. Call it under the lock, so that nobody is at work on what was begun. */
export async function carryOut(
  { version, kind }: Repair,
  { ups }: MigrationFolder,
  session: SqlSession,
  { clock }: RunServices,
): Promise<void> {
  const file = ups.find((up) => up.version === version);
  if (kind === 'forget' || !file) {
    await deleteRow(session, version);
    return;
  }
  const judged = await judgeMigration(file);
  if (kind === 'accept') return acceptFile(session, judged);
  if ((await settle(judged, session)) === 'undone') {
    await deleteRow(session, version);
    return;
  }
  await acceptFile(session, judged);
  await finishRow(session, version, clock.now(), 0);
}
