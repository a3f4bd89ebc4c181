import { isTurboError } from '../domain/errors.ts';
import { passwordContext } from '../domain/provisioning.ts';
import type { Needs } from '../ports/services.ts';
import { listSealedValues, type SealedValue } from './sealed-values.ts';

/** A value that does not open; never the value. */
export interface UnreadableSecret extends Omit<SealedValue, 'sealed'> {
  readonly project: string;
  /** Null when it was not sealed at all. */
  readonly keyId: string | null;
  readonly problem: string;
}

export interface SecretsReport {
  readonly readable: number;
  /** The key that seals now; null when there is none yet. */
  readonly keyId: string | null;
  /** How many of the readable ones were sealed with which key. */
  readonly byKey: Readonly<Record<string, number>>;
  readonly unreadable: readonly UnreadableSecret[];
}

/** Opens every sealed value of the acting user's projects and tells which do not open. Changes nothing. */
export async function checkSecrets(services: Needs<'state' | 'vault' | 'owner'>): Promise<SecretsReport> {
  const { state, vault, owner } = services;
  const own = new Map(
    (await state.listProjects()).filter((project) => project.owner === owner).map(({ id, name }) => [id, name]),
  );
  const byKey: Record<string, number> = {};
  const unreadable: UnreadableSecret[] = [];
  for (const { sealed, ...place } of await listSealedValues(services)) {
    const project = own.get(place.projectId);
    if (project === undefined) continue;
    const keyId = vault.keyIdOf(sealed);
    try {
      await vault.open(sealed, passwordContext(place.projectId, place.env, place.role));
      if (keyId !== null) byKey[keyId] = (byKey[keyId] ?? 0) + 1;
    } catch (error) {
      if (!isTurboError(error, 'secret.unreadable')) throw error;
      unreadable.push({ ...place, project, keyId, problem: error.message });
    }
  }
  const [keyId = null] = await vault.keys();
  const readable = Object.values(byKey).reduce((sum, count) => sum + count, 0);
  return { readable, keyId, byKey, unreadable };
}
