import type { H3Event } from 'nitro/h3';
import { type Account, requireAccount } from './auth.ts';
import { problem } from './problem.ts';

/** The administrator who sent a request. Throws 401 when nobody is signed in, 403 for others. */
export async function requireAdmin(event: H3Event): Promise<Account> {
  const account = await requireAccount(event);
  if (account.isAdmin) return account;
  throw problem(403, 'Only administrators may do this.');
}
