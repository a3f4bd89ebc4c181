import { createHash, randomBytes, scrypt } from 'node:crypto';
import { promisify } from 'node:util';
import { TurboError } from '../../../domain/errors.ts';

export interface Key {
  /** Tells keys apart without telling anything about them. */
  readonly id: string;
  readonly bytes: Buffer;
}

const KEY_BYTES = 32;
const KEY_TEXT = /^[A-Za-z0-9_-]{43}\n?$/;
const MIN_MASTER_KEY_LENGTH = 16;

function toKey(bytes: Buffer): Key {
  const id = createHash('sha256').update('turbobackend key id\0').update(bytes).digest('base64url').slice(0, 8);
  return { id, bytes };
}

/** The text of a new random key, as a key file holds it. */
export function newKeyText(): string {
  return `${randomBytes(KEY_BYTES).toString('base64url')}\n`;
}

/** The key in the text of a key file; null when the text is damaged. */
export function parseKey(text: string): Key | null {
  return KEY_TEXT.test(text) ? toKey(Buffer.from(text.trim(), 'base64url')) : null;
}

/**
 * A key from a string people chose: scrypt (RFC 7914, N = 2^15, r = 8) makes guessing it dear. `variable` is the one it
 * came from, for the message. Throws `config.invalid`.
 */
export async function deriveKey(masterKey: string, variable: string): Promise<Key> {
  if (masterKey.length < MIN_MASTER_KEY_LENGTH) {
    throw new TurboError(
      'config.invalid',
      `${variable} has ${masterKey.length} characters; ${MIN_MASTER_KEY_LENGTH} are the least.`,
      { hint: 'Make one: openssl rand -base64 32' },
    );
  }
  const derive = promisify<string, string, number, { N: number; r: number; maxmem: number }, Buffer>(scrypt);
  return toKey(
    await derive(masterKey, 'turbobackend master key v1', KEY_BYTES, { N: 2 ** 15, r: 8, maxmem: 64 * 2 ** 20 }),
  );
}
