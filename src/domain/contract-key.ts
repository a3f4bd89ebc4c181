import { createHash, randomBytes } from 'node:crypto';

const KEY_BYTES = 32;

/** What a generated project keeps of a key that opens operations: SHA-256 as hex. Keys are random, so it needs no salt. */
export function contractKeyHash(key: string): string {
  return createHash('sha256').update(key).digest('hex');
}

/** A new key that opens operations, as the script of a generated project makes it. */
export function makeContractKey(): string {
  return randomBytes(KEY_BYTES).toString('base64url');
}
