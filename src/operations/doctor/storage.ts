import { storageWarning } from '../../domain/storage.ts';
import type { DatabaseRecord } from '../../ports/state-records.ts';
import { storageUses } from '../storage.ts';
import { type Checked, type DoctorNeeds, fault, sound } from './checked.ts';
import { withEnv } from './commands.ts';

/** Databases that fill the storage they may use. */
export async function checkStorage(
  records: readonly DatabaseRecord[],
  services: DoctorNeeds,
): Promise<readonly Checked[]> {
  const uses = await storageUses(records, services);
  return records.flatMap((record, index) => {
    const { bytes = null, limitMb = null, level } = uses[index] ?? {};
    const warning = bytes === null ? null : storageWarning('it', bytes, limitMb);
    if (warning === null) return [];
    const name = `storage ${record.databaseName}`;
    const fix = `Delete rows, or: turbobackend limits ${record.projectId}${withEnv(record.env)} --storage <MB>`;
    return [level === 'over' ? fault(name, warning, fix) : sound(name, warning, fix)];
  });
}
