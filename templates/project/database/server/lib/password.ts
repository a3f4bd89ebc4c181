import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';

// `s1`: what one guess costs, 16 MB of memory and five passes (OWASP, password storage).
const COST = { N: 2 ** 14, r: 8, p: 5 } as const;
const SALT_BYTES = 16;
const KEY_BYTES = 24;

function derive(password: string, salt: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(password.normalize('NFKC'), salt, KEY_BYTES, COST, (error, key) => {
      if (error) reject(error);
      else resolve(key);
    });
  });
}

/** `s1$<salt>$<key>` in base64url, 58 characters. Two hashes of one password differ. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  const key = await derive(password, salt);
  return `s1$${salt.toString('base64url')}$${key.toString('base64url')}`;
}

/** Compares in constant time; false for a hash that is not ours. */
export async function verifyPassword(password: string, hash: string): Promise<boolean> {
  const [kind, salt = '', key = ''] = hash.trimEnd().split('$');
  const expected = Buffer.from(key, 'base64url');
  if (kind !== 's1' || expected.length !== KEY_BYTES) return false;
  return timingSafeEqual(await derive(password, Buffer.from(salt, 'base64url')), expected);
}
