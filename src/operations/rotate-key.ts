import { isTurboError, TurboError } from '../domain/errors.ts';
import { passwordContext } from '../domain/provisioning.ts';
import type { Needs } from '../ports/services.ts';
import type { KeyChange } from '../ports/vault.ts';
import { listSealedValues, type SealedValue } from './sealed-values.ts';

export interface KeyRotation extends KeyChange {
  /** Values that were sealed anew. */
  readonly resealed: number;
  /** How many of those belong to other owners, who keep their passwords under the same key, by owner. */
  readonly ofOthers: Readonly<Record<string, number>>;
  /** Values that no key here opens, by the id of the key they name; they were not touched. */
  readonly foreign: Readonly<Record<string, number>>;
  /** False: something does not open, so the old keys are kept. */
  readonly retired: boolean;
}

/** What one pass over everything stored has found. */
interface Pass {
  /** The project of each value that was sealed anew. */
  readonly resealed: readonly string[];
  /** Changed by somebody else meanwhile: to be looked at again. */
  readonly missed: number;
  readonly foreign: Readonly<Record<string, number>>;
}

/** Each pass leaves only what was written during it; a machine that writes faster than that does not exist. */
const MAX_PASSES = 20;

/**
 * Gives what is stored a new key, see `Vault.renewKey`: each value is opened and sealed anew, and replaced only if it is
 * still the same. Old keys go when nothing is sealed with them, and then seal nothing any more, whoever has them.
 * Values that do not open here (another machine's, damaged ones) are counted and left alone, and the old keys are kept.
 * Throws what `Vault.renewKey` throws.
 */
export async function rotateKey(
  services: Needs<'state' | 'vault' | 'owner'>,
  onStep: (point: string) => void = () => {},
): Promise<KeyRotation> {
  const resealed: string[] = [];
  let foreign: Pass['foreign'] = {};
  const change = await services.vault.renewKey(async (to) => {
    for (let count = 0; count < MAX_PASSES; count += 1) {
      const pass = await resealAll(to, services, onStep);
      resealed.push(...pass.resealed);
      foreign = pass.foreign;
      if (pass.missed > 0) continue;
      onStep('before:retire');
      if (Object.keys(foreign).length > 0) return false;
      if (await services.state.retireKeys(to.from)) return true;
    }
    throw new TurboError('cluster.locked', 'Other processes kept writing values sealed with the old key.', {
      hint: 'Wait for them to end, then the same command again.',
    });
  });
  return { ...change, resealed: resealed.length, ofOthers: await countOthers(resealed, services), foreign };
}

/** Of these projects, one for each value, those of other owners. */
async function countOthers(
  projectIds: readonly string[],
  { state, owner }: Needs<'state' | 'owner'>,
): Promise<Readonly<Record<string, number>>> {
  const owners = new Map((await state.listProjects()).map((project) => [project.id, project.owner]));
  const counts = new Map<string, number>();
  for (const id of projectIds) {
    const name = owners.get(id) ?? 'nobody any more';
    if (name !== owner) counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return Object.fromEntries(counts);
}

async function resealAll(
  { from, to }: KeyChange,
  services: Needs<'state' | 'vault'>,
  onStep: (point: string) => void,
): Promise<Pass> {
  const resealed: string[] = [];
  let missed = 0;
  const foreign: Record<string, number> = {};
  for (const value of await listSealedValues(services)) {
    const keyId = services.vault.keyIdOf(value.sealed);
    if (keyId === to) continue;
    const fresh = keyId !== null && from.includes(keyId) ? await sealAnew(value, services) : null;
    if (fresh === null) {
      const name = keyId ?? 'none';
      foreign[name] = (foreign[name] ?? 0) + 1;
      continue;
    }
    if (await services.state.resealSecret(value, value.sealed, fresh)) resealed.push(value.projectId);
    else missed += 1;
    onStep('value');
  }
  return { resealed, missed, foreign };
}

/** The same secret under the key in use; null when it does not open. */
async function sealAnew(
  { projectId, env, role, sealed }: SealedValue,
  { vault }: Needs<'vault'>,
): Promise<string | null> {
  const context = passwordContext(projectId, env, role);
  try {
    return await vault.seal(await vault.open(sealed, context), context);
  } catch (error) {
    if (isTurboError(error, 'secret.unreadable')) return null;
    throw error;
  }
}
