import type { H3Event } from 'nitro/h3';
import { problem } from './problem.ts';
import { findSession } from './sessions.ts';
import { readToken } from './tokens.ts';

/** Who asks. */
export interface Account {
  /** Key of its row. */
  readonly id: string | number;
  /** Sees and changes everything. */
  readonly isAdmin: boolean;
  readonly sessionId: string;
}

/** Who sent a request; null when nobody is signed in. Throws 401 for a token that is not good, or not any more. */
export async function readAccount({ req }: H3Event): Promise<Account | null> {
  const header = req.headers.get('authorization');
  if (header === null) return null;
  const [, token = ''] = /^Bearer +(\S+)$/i.exec(header) ?? [];
  const claims = readToken(token);
  // A session can end before its tokens do.
  const session = claims && (await findSession(claims.sid));
  if (!session || String(session.id) !== claims.sub) {
    throw unauthorized('The access token is not valid, or not any more.');
  }
  return { ...session, sessionId: claims.sid };
}

/** Who sent a request. Throws 401 when nobody is signed in. */
export async function requireAccount(event: H3Event): Promise<Account> {
  const account = await readAccount(event);
  if (!account) throw unauthorized('Sign in first: send Authorization: Bearer <access token>.');
  return account;
}

/** 401, with how to do better. */
export function unauthorized(detail: string): Error {
  return problem(401, detail, { headers: { 'www-authenticate': 'Bearer' } });
}
