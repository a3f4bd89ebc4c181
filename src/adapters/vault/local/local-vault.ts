import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { TurboError } from '../../../domain/errors.ts';
import type { SecretContext, Vault } from '../../../ports/vault.ts';
import { deriveKey, type Key, loadOrCreateKey } from './key.ts';

export interface LocalVaultOptions {
  /** Folder of turbobackend's own files; the key lies in `keys/` below it. */
  readonly home: string;
  /** TURBOBACKEND_MASTER_KEY, at least 16 characters; when given, no key file is read or made. */
  readonly masterKey?: string | undefined;
  /** Told, in a sentence, when a key was open to others and is closed now. */
  readonly onNote?: (message: string) => void;
}

const VERSION = 'v1';
const NONCE_BYTES = 12;
/** Given explicitly on both sides: without it Node accepts tags of four bytes. */
const TAG_BYTES = 16;

/**
 * Seals with AES-256-GCM (NIST SP 800-38D) and a random 96-bit nonce. A sealed value reads
 * `v1.<key id>.<base64url of nonce, ciphertext, tag>`; the context and the key id are authenticated with it. The key
 * is loaded at the first use. Throws `secret.unreadable` and `config.invalid`.
 */
export function localVault(options: LocalVaultOptions): Vault {
  let loaded: Promise<Key> | undefined;
  const key = () => {
    loaded ??=
      options.masterKey === undefined
        ? loadOrCreateKey(options.home, options.onNote ?? (() => {}))
        : deriveKey(options.masterKey);
    // A failure is not remembered: the file may be readable the next time.
    loaded.catch(() => {
      loaded = undefined;
    });
    return loaded;
  };
  return {
    async seal(plain, context) {
      const { id, bytes } = await key();
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv('aes-256-gcm', bytes, nonce, { authTagLength: TAG_BYTES });
      cipher.setAAD(associatedData(id, context));
      const body = Buffer.concat([nonce, cipher.update(plain, 'utf8'), cipher.final(), cipher.getAuthTag()]);
      return `${VERSION}.${id}.${body.toString('base64url')}`;
    },

    async open(sealed, context) {
      const [version, id, encoded, ...rest] = sealed.split('.');
      if (version !== VERSION || !id || !encoded || rest.length > 0) throw unreadable(context, 'it is damaged');
      const current = await key();
      if (id !== current.id) throw unreadable(context, `it was sealed with key ${id}, the one in use is ${current.id}`);
      const body = Buffer.from(encoded, 'base64url');
      // The one spelling of the bytes: Buffer.from ignores what is not base64url, and such a change must be found too.
      if (body.toString('base64url') !== encoded || body.length < NONCE_BYTES + TAG_BYTES) {
        throw unreadable(context, 'it is damaged');
      }
      const decipher = createDecipheriv('aes-256-gcm', current.bytes, body.subarray(0, NONCE_BYTES), {
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
    },
  };
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
