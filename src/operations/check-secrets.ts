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
  /** The key that seals now; null when there is none: the next value gets a new one. */
  readonly keyId: string | null;
  /** Keys that only open. */
  readonly formerKeys: readonly string[];
  /** How many of the readable ones were sealed with which key. */
  readonly byKey: Readonly<Record<string, number>>;
  readonly unreadable: readonly UnreadableSecret[];
  /** Values of other owners, which were not opened, by owner. What is left of a project that is gone counts as nobody's. */
  readonly notLookedAt: readonly OthersValues[];
}

export interface OthersValues {
  /** Null: nobody's. */
  readonly owner: string | null;
  /** The key they say they were sealed with; null when they were not sealed at all. */
  readonly keyId: string | null;
  readonly count: number;
}

/** Opens every sealed value of the acting user's projects and tells which do not open. Changes nothing. */
export async function checkSecrets(services: Needs<'state' | 'vault' | 'owner'>): Promise<SecretsReport> {
  const { state, vault, owner } = services;
  const projects = new Map((await state.listProjects()).map((project) => [project.id, project]));
  const byKey: Record<string, number> = {};
  const unreadable: UnreadableSecret[] = [];
  const others: { owner: string | null; keyId: string | null }[] = [];
  for (const { sealed, ...place } of await listSealedValues(services)) {
    const keyId = vault.keyIdOf(sealed);
    const home = projects.get(place.projectId);
    if (home?.owner !== owner) {
      others.push({ owner: home?.owner ?? null, keyId });
      continue;
    }
    const project = home.name;
    try {
      await vault.open(sealed, passwordContext(place.projectId, place.env, place.role));
      if (keyId !== null) byKey[keyId] = (byKey[keyId] ?? 0) + 1;
    } catch (error) {
      if (!isTurboError(error, 'secret.unreadable')) throw error;
      unreadable.push({ ...place, project, keyId, problem: error.message });
    }
  }
  const { sealing: keyId, opening: formerKeys } = await vault.keys();
  const readable = Object.values(byKey).reduce((sum, count) => sum + count, 0);
  return { readable, keyId, formerKeys, byKey, unreadable, notLookedAt: counted(others) };
}

function counted(values: readonly Omit<OthersValues, 'count'>[]): readonly OthersValues[] {
  const groups = new Map<string, OthersValues>();
  for (const value of values) {
    const key = JSON.stringify([value.owner, value.keyId]);
    groups.set(key, { ...value, count: (groups.get(key)?.count ?? 0) + 1 });
  }
  return [...groups.values()];
}
