import type { Account } from './auth.ts';
import { hashPassword } from './password.ts';
import { count } from './throttle.ts';

/** Each hash is some hundredths of a second of work; this is how much of it one account may ask for. */
const PER_ACCOUNT = { name: 'hash', attempts: 200, seconds: 15 * 60 } as const;

/** The hash of what an account wants to be kept like a password. Throws 429 when it asked for too many. */
export async function hashFor(account: Account | null, text: string): Promise<string> {
  if (account) await count(PER_ACCOUNT, String(account.id));
  return hashPassword(text);
}
