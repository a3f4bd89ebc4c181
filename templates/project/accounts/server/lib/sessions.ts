import { createHash, randomBytes } from 'node:crypto';
import { START_SESSION } from './accounts.ts';
import { type Run, readRow, type Statement } from './database.ts';
import { describeError, log } from './log.ts';
import { asSystem } from './system.ts';

/** How long somebody stays signed in; then the password is asked for again. */
const SESSION_SECONDS = 30 * 24 * 3600;
/** Sessions of one account; whoever signs in more often ends the oldest. */
const MAX_SESSIONS = 100;
const FAMILY_BYTES = 16;
const SECRET_BYTES = 32;

/**
 * A refresh token is the family of its session, which stays, and a secret, which changes with each use. Access tokens
 * name the session by a hash of its family, and the database holds hashes of both: neither who sees an access token nor
 * who reads the database can renew a session.
 */
export interface Session {
  readonly id: string;
  readonly refreshToken: string;
}

function hash(bytes: Buffer | string): Buffer {
  return createHash('sha256').update(bytes).digest();
}

function sessionOf(family: Buffer, secret: Buffer): Session {
  const refreshToken = Buffer.concat([family, secret]).toString('base64url');
  return { id: hash(family).toString('base64url'), refreshToken };
}

function unixNow(): number {
  return Math.floor(Date.now() / 1000);
}

/** Starts a session, if the account still has the password that was checked; otherwise null. */
export async function startSession(
  run: Run,
  accountId: string | number,
  passwordHash: string,
): Promise<Session | null> {
  const secret = randomBytes(SECRET_BYTES);
  const session = sessionOf(randomBytes(FAMILY_BYTES), secret);
  const now = unixNow();
  const values = [accountId, passwordHash, hash(session.id), hash(secret), now];
  const rows = await run(START_SESSION, [...values, now + SESSION_SECONDS]);
  if (rows.length === 0) return null;
  await run(END_OLDEST, [accountId, hash(session.id), MAX_SESSIONS - 1]);
  forgetOldSessions(now);
  return session;
}

const END_OLDEST: Statement = {
  name: '_sessions.endOldest',
  text: `
    delete from app._sessions
    where
      id_hash in (
        select id_hash
        from app._sessions
        where account_id = $1 and id_hash <> $2
        order by created_at desc
        offset $3
      )`,
};

const FIND: Statement = {
  name: '_sessions.find',
  text: `
    select account_id as id, is_admin as "isAdmin"
    from app._signed_in
    where id_hash = $1 and expires_at > $2`,
};

/** Whose session it is; undefined when it has ended. */
export function findSession(
  id: string,
): Promise<{ id: string | number; isAdmin: boolean } | undefined> {
  return readRow(FIND, [hash(id), unixNow()]);
}

const RENEW: Statement = {
  name: '_sessions.renew',
  text: `
    update app._sessions
    set refresh_hash = $3
    where id_hash = $1 and refresh_hash = $2 and expires_at > $4
    returning account_id as "accountId"`,
};

export interface RenewedSession extends Session {
  readonly accountId: string | number;
}

/** Tokens that are being renewed at this moment. */
const renewing = new Set<string>();

/**
 * Trades a refresh token for the next one; null when it is not good. One that was used before ends its session: either
 * who used it or who sends it now is a thief, and a request that is merely repeated looks just the same. The honest one
 * signs in again. Only a second request while the first is under way, as two windows send them, ends nothing: nobody
 * has the next token yet.
 */
export async function renewSession(refreshToken: string): Promise<RenewedSession | null> {
  if (renewing.has(refreshToken)) return null;
  renewing.add(refreshToken);
  try {
    return await trade(Buffer.from(refreshToken, 'base64url'));
  } finally {
    renewing.delete(refreshToken);
  }
}

function trade(token: Buffer): Promise<RenewedSession | null> {
  const secret = randomBytes(SECRET_BYTES);
  const used = token.subarray(FAMILY_BYTES);
  const next = sessionOf(token.subarray(0, FAMILY_BYTES), secret);
  return asSystem(async (run) => {
    const values = [hash(next.id), hash(used), hash(secret), unixNow()];
    const [row] = await run<{ accountId: string | number }>(RENEW, values);
    if (row) return { ...next, ...row };
    await run(END, [hash(next.id)]);
    return null;
  });
}

const END: Statement = {
  name: '_sessions.end',
  text: `
    delete from app._sessions
    where id_hash = $1`,
};

/** Ends a session: none of its tokens is good any more. */
export async function endSession(id: string): Promise<void> {
  await asSystem((run) => run(END, [hash(id)]));
}

const END_OTHERS: Statement = {
  name: '_sessions.endOthers',
  text: `
    delete from app._sessions
    where account_id = $1 and id_hash <> $2`,
};

/** Ends all sessions of an account but one. */
export async function endOtherSessions(
  run: Run,
  accountId: string | number,
  id: string,
): Promise<void> {
  await run(END_OTHERS, [accountId, hash(id)]);
}

const FORGET: Statement = {
  name: '_sessions.forget',
  text: `
    delete from app._sessions
    where expires_at <= $1`,
};

let lastForgotten = 0;

/** Once an hour, while nobody waits for it. */
function forgetOldSessions(now: number): void {
  if (now - lastForgotten < 3600) return;
  lastForgotten = now;
  asSystem((run) => run(FORGET, [now])).catch((error: unknown) =>
    log('warn', 'old sessions are still there', describeError(error)),
  );
}
