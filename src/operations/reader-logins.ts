import type { Login } from '../domain/database.ts';
import type { Needs } from '../ports/services.ts';
import type { DatabaseRecord } from '../ports/state-records.ts';
import { openLogin } from './open-login.ts';

/**
 * Gives the reading login of a project database by the database's name, for looking into many of them: null for one
 * that no record wishes for, or that is not ready. Throws what `openLogin` throws.
 */
export function readerLogins(
  services: Needs<'cluster' | 'state' | 'vault' | 'sql'>,
): (databaseName: string) => Promise<Login | null> {
  let listing: Promise<readonly DatabaseRecord[]> | null = null;
  return async (databaseName) => {
    listing ??= services.state.listDatabases();
    const record = (await listing).find((found) => found.databaseName === databaseName);
    if (record?.desired !== 'present' || record.status !== 'ready') return null;
    return openLogin(record.projectId, record.env, 'ro', services);
  };
}
