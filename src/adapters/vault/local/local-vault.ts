import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { TurboError } from '../../../domain/errors.ts';
import type { SecretContext, Vault } from '../../../ports/vault.ts';
import type { Key } from './key.ts';
import { keyFiles } from './key-files.ts';
import { type KeyRing, keyRings } from './key-ring.ts';
import { type RenewOptions, renewKey } from './renew-key.ts';

const VERSION = 'v1';
const NONCE_BYTES = 12;
/** Given explicitly on both sides: without it Node accepts tags of four bytes. */
const TAG_BYTES = 16;
const SEALED = /^v1\.([A-Za-z0-9_-]{8})\.([A-Za-z0-9_-]+)$/;

/**
 * Seals with AES-256-GCM (NIST SP 800-38D) and a random 96-bit nonce. A sealed value reads
 * `v1.<key id>.<base64url of nonce, ciphertext, tag>`; the context and the key id are authenticated with it. The key
 * is read anew for each value that is sealed, so that no process goes on with one that is being replaced. Throws
 * `secret.unreadable` and `config.invalid`.
 */
export function localVault(options: RenewOptions): Vault {
  const rings = keyRings(options);
  let last: KeyRing | null = null;
  const read = async () => {
    last = await rings.read();
    return last;
  };
  const find = async (id: string): Promise<Key | null> => {
    const inRing = ({ sealing, opening }: KeyRing) => [sealing, ...opening].find((key) => key?.id === id) ?? null;
    // The key may have come after we looked.
    return (last && inRing(last)) ?? inRing(await read());
  };
  return {
    async seal(plain, context) {
      return sealWith(await rings.sealing(), plain, context);
    },

    async open(sealed, context) {
      const [, id, encoded] = SEALED.exec(sealed) ?? [];
      if (!id || !encoded) throw unreadable(context, 'it is damaged');
      const key = await find(id);
      if (key) return openWith(key, encoded, context);
      const { sealing, opening } = await read();
      const former = opening.map((known) => known.id).join(', ');
      const kept = former === '' ? 'there is none here' : `of former keys there is ${former} here, and none in use`;
      const own = sealing ? `the one in use is ${sealing.id}` : kept;
      throw unreadable(context, `it was sealed with key ${id}, ${own}`);
    },

    keyIdOf: (sealed) => SEALED.exec(sealed)?.[1] ?? null,

    async keys() {
      const { sealing, opening } = await read();
      return { sealing: sealing?.id ?? null, opening: opening.map(({ id }) => id) };
    },

    asFound: () => localVault({ ...options, leavesExposed: true }),

    exposedKeys: async () => (options.masterKey === undefined ? keyFiles(options.home, null).exposed() : []),

    renewKey: (reseal) => renewKey(options, reseal),
  };
}

function sealWith({ id, bytes }: Key, plain: string, context: SecretContext): string {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', bytes, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(associatedData(id, context));
  const body = Buffer.concat([nonce, cipher.update(plain, 'utf8'), cipher.final(), cipher.getAuthTag()]);
  return `${VERSION}.${id}.${body.toString('base64url')}`;
}

function openWith({ id, bytes }: Key, encoded: string, context: SecretContext): string {
  const body = Buffer.from(encoded, 'base64url');
  // The one spelling of the bytes: Buffer.from ignores surplus bits, and such a change must be found too.
  if (body.toString('base64url') !== encoded || body.length < NONCE_BYTES + TAG_BYTES) {
    throw unreadable(context, 'it is damaged');
  }
  const decipher = createDecipheriv('aes-256-gcm', bytes, body.subarray(0, NONCE_BYTES), {
    authTagLength: TAG_BYTES,
  });
  decipher.setAAD(associatedData(id, context));
  decipher.setAuthTag(body.subarray(-TAG_BYTES));
  const opened = decipher.update(body.subarray(NONCE_BYTES, -TAG_BYTES));
  try {
    return Buffer.concat([opened, decipher.final()]).toString('utf8');
  } catch {
    throw unreadable(context, 'it was changed, or belongs to something else');
  }
}

/** JSON keeps the parts apart: ("a", "bc") and ("ab", "c") must not be the same bytes. */
function associatedData(keyId: string, { table, row, field }: SecretContext): Buffer {
  return Buffer.from(JSON.stringify([VERSION, keyId, table, row, field]));
}

function unreadable({ table, row, field }: SecretContext, reason: string): TurboError {
  return new TurboError('secret.unreadable', `The secret ${table}.${field} of ${row} cannot be opened: ${reason}.`, {
    hint: 'Use the TURBOBACKEND_MASTER_KEY or the TURBOBACKEND_HOME it was made with, then run the command again.',
    details: { table, row, field },
  });
}
