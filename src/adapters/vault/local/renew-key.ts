import { join } from 'node:path';
import { TurboError } from '../../../domain/errors.ts';
import type { KeyChange } from '../../../ports/vault.ts';
import { acquireLock } from '../../shared/process/lock-file.ts';
import { keyFiles } from './key-files.ts';
import { type KeyOptions, type KeyRing, keyRings } from './key-ring.ts';

export interface RenewOptions extends KeyOptions {
  /** Told of every point at which the work may be cut off; for tests. */
  readonly onStep?: ((point: string) => void) | undefined;
}

/** How long another process that changes the key is waited for. */
const WAIT_MS = 120_000;

/**
 * The change of the key, see `Vault.renewKey`. Key files: the new one is made beside the old, takes its name when
 * nothing needs the old one, and is used from its first instant on. A master key from the environment is changed by
 * whoever sets it; here only what it sealed moves, and key files that it replaces go.
 */
export async function renewKey(
  options: RenewOptions,
  reseal: (change: KeyChange) => Promise<boolean>,
): Promise<KeyChange & { readonly retired: boolean }> {
  if (options.masterKey !== undefined && options.nextMasterKey === undefined) {
    throw new TurboError('usage.missing', 'The key comes from TURBOBACKEND_MASTER_KEY, and no new one was given.', {
      hint: 'Set TURBOBACKEND_MASTER_KEY_NEXT to the new key (openssl rand -base64 32), then the same command again.',
    });
  }
  const before = await keyRings(options).read();
  const release = await acquireLock(join(options.home, 'locks', 'vault.lock'), { waitMs: WAIT_MS });
  if (!release) {
    throw new TurboError('cluster.locked', 'Another process is changing the key and does not finish.', {
      hint: 'Wait for it, then the same command again.',
    });
  }
  try {
    options.onStep?.('key-locked');
    return options.nextMasterKey === undefined
      ? await renewFile(options, before, reseal)
      : await moveToEnvironment(options, reseal);
  } finally {
    release();
  }
}

async function renewFile(
  options: RenewOptions,
  before: KeyRing,
  reseal: (change: KeyChange) => Promise<boolean>,
): Promise<KeyChange & { readonly retired: boolean }> {
  const files = keyFiles(options.home, options.onNote ?? (() => {}));
  const now = await keyRings(options).read();
  // Somebody began and finished while we waited: that change is ours as well.
  const isJoined = !now.isChanging && (before.isChanging || now.sealing?.id !== before.sealing?.id);
  if (!isJoined) await files.makeNext();
  options.onStep?.('next-key');
  const { from, to } = changeOf(await keyRings(options).read());
  const retired = await reseal({ from, to });
  options.onStep?.('resealed');
  await files.promote(!retired);
  options.onStep?.('promoted');
  if (retired) await files.removeOld();
  const gone = [before.sealing, ...before.opening].flatMap((key) => (key && key.id !== to ? [key.id] : []));
  return { from: isJoined ? gone : from, to, retired };
}

function changeOf({ sealing, opening }: KeyRing): KeyChange {
  if (!sealing) throw new RangeError('a change of keys has a new one');
  return { from: opening.map(({ id }) => id), to: sealing.id };
}

async function moveToEnvironment(
  options: RenewOptions,
  reseal: (change: KeyChange) => Promise<boolean>,
): Promise<KeyChange & { readonly retired: boolean }> {
  const change = changeOf(await keyRings(options).read());
  const retired = await reseal(change);
  options.onStep?.('resealed');
  if (retired && options.masterKey === undefined) {
    await keyFiles(options.home, options.onNote ?? (() => {})).removeAll();
  }
  return { ...change, retired };
}
