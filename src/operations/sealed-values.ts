import { type Environment, LOGIN_ROLES, type LoginRole } from '../domain/database.ts';
import type { Needs } from '../ports/services.ts';

/** One sealed value, and where it is stored. */
export interface SealedValue {
  readonly projectId: string;
  readonly env: Environment;
  readonly role: LoginRole;
  /** The password in force, or the one a change of passwords brings in. */
  readonly slot: 'secrets' | 'nextSecrets';
  readonly sealed: string;
}

/** Everything the metadata database holds sealed, of all projects and owners. */
export async function listSealedValues({ state }: Needs<'state'>): Promise<readonly SealedValue[]> {
  const records = await state.listDatabases();
  return records.flatMap(({ projectId, env, secrets, nextSecrets }) =>
    LOGIN_ROLES.flatMap((role) => [
      { projectId, env, role, slot: 'secrets' as const, sealed: secrets[role] },
      ...(nextSecrets ? [{ projectId, env, role, slot: 'nextSecrets' as const, sealed: nextSecrets[role] }] : []),
    ]),
  );
}
