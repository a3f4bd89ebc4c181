import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { problem } from './problem.ts';

// `s1`: what one guess costs, 16 MB of memory and five passes (OWASP, password storage).
const COST = { N: 2 ** 14, r: 8, p: 5 } as const;
const SALT_BYTES = 16;
const KEY_BYTES = 24;

/** Passwords worked on at once, and those that wait: a flood of them must leave time for everything else. */
const MAX_RUNNING = 2;
const MAX_WAITING = 50;

let running = 0;
const waiting: (() => void)[] = [];

/** Waits for its turn. Throws 503 when too many wait already. */
async function takeTurn<T>(work: () => Promise<T>): Promise<T> {
  if (running < MAX_RUNNING) running += 1;
  else if (waiting.length < MAX_WAITING) {
    // Who ends hands its turn on.
    await new Promise<void>((resolve) => waiting.push(resolve));
  } else {
    const headers = { 'retry-after': '5' };
    throw problem(503, 'Too many passwords are being checked; try again in a moment.', { headers });
  }
  try {
    return await work();
  } finally {
    const next = waiting.shift();
    if (next) next();
    else running -= 1;
  }
}

function derive(password: string, salt: Buffer): Promise<Buffer> {
  return takeTurn(
    () =>
      new Promise((resolve, reject) => {
        scrypt(password.normalize('NFKC'), salt, KEY_BYTES, COST, (error, key) => {
          if (error) reject(error);
          else resolve(key);
        });
      }),
  );
}

/** `s1$<salt>$<key>` in base64url, 58 characters. Two hashes of one password differ. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  const key = await derive(password, salt);
  return `s1$${salt.toString('base64url')}$${key.toString('base64url')}`;
}

/** Compares in constant time; false, after the same work, without a hash or for one that is not ours. */
export async function verifyPassword(password: string, hash: string | undefined): Promise<boolean> {
  const [kind, salt = '', key = ''] = hash?.trimEnd().split('$') ?? [];
  const expected = Buffer.from(key, 'base64url');
  const isOurs = kind === 's1' && expected.length === KEY_BYTES;
  const derived = await derive(password, Buffer.from(salt, 'base64url'));
  return isOurs && timingSafeEqual(derived, expected);
}
