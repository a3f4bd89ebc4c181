import { createHash } from 'node:crypto';

/** How passwords look in a database when they are not kept well. */

const ALGORITHMS = ['md5', 'sha1', 'sha256', 'sha512'] as const;

/** The digests of a password that tables of known ones hold, in the usual spellings. */
export function fastHashes(password: string): readonly string[] {
  return ALGORITHMS.flatMap((algorithm) => {
    const digest = createHash(algorithm).update(password).digest();
    return [digest.toString('hex'), digest.toString('base64').replace(/=+$/, ''), digest.toString('base64url')];
  });
}

/** Named by a function that takes its time, with salt and key behind it: scrypt (ours is `s1$`), argon2, bcrypt, PBKDF2. */
export function isSlowHash(value: string): boolean {
  return /^(?:s1\$|\$?scrypt\b|\$argon2|\$2[abxy]\$|\$?pbkdf2)/.test(value.trim()) && value.trim().length >= 40;
}
