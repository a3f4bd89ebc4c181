import { createHmac } from 'node:crypto';
import { env } from './env.ts';

const MIN_LENGTH = 32;

/** The secret of this server. Throws when it is missing, or so short that it could be guessed. */
export function readSecret(): string {
  const secret = env.APP_SECRET ?? '';
  if (secret === '') throw new Error('APP_SECRET is not set.');
  if (secret.length >= MIN_LENGTH) return secret;
  throw new Error(`APP_SECRET must have at least ${MIN_LENGTH} characters.`);
}

/** What only this server can make of a text; nothing of either can be told from it. */
export function keyedHash(text: string): Buffer {
  return createHmac('sha256', readSecret()).update(text).digest();
}
