import { randomBytes, timingSafeEqual } from 'node:crypto';
import { issuer } from './accounts.ts';
import { keyedHash } from './secret.ts';

/** How long an access token is good for. */
export const ACCESS_SECONDS = 15 * 60;
/** Servers agree on the time up to this. */
const MAX_SKEW_SECONDS = 30;

/** What an access token says (RFC 7519); times are unix seconds. */
interface Claims {
  /** Key of the account. */
  readonly sub: string;
  /** Id of the session. */
  readonly sid: string;
  readonly iat: number;
  readonly exp: number;
  readonly iss: string;
  /** Different for each token. */
  readonly jti?: string;
}

// The only header there is: a token cannot choose how it is checked.
const HEADER = encode({ alg: 'HS256', typ: 'JWT' });
const TOKEN = /^([\w-]{1,64})\.([\w-]{1,1024})\.([\w-]{43})$/;

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

function sign(payload: string): string {
  return keyedHash(`${HEADER}.${payload}`).toString('base64url');
}

/** A token for one session, good from now on. */
export function makeToken(accountId: string | number, sessionId: string): string {
  const iat = Math.floor(Date.now() / 1000);
  const exp = iat + ACCESS_SECONDS;
  const jti = randomBytes(8).toString('base64url');
  const claims: Claims = { sub: String(accountId), sid: sessionId, iat, exp, iss: issuer, jti };
  const payload = encode(claims);
  return `${HEADER}.${payload}.${sign(payload)}`;
}

/** The claims of a token that we made and that is good now; otherwise null. */
export function readToken(token: string): Claims | null {
  const [, header, payload = '', signature = ''] = TOKEN.exec(token) ?? [];
  if (header !== HEADER) return null;
  // As text: its last letter has bits that decoding would drop.
  if (!timingSafeEqual(Buffer.from(signature), Buffer.from(sign(payload)))) return null;
  const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString());
  if (!isClaims(claims) || claims.iss !== issuer) return null;
  const now = Date.now() / 1000;
  return now < claims.exp && claims.iat <= now + MAX_SKEW_SECONDS ? claims : null;
}

function isClaims(value: unknown): value is Claims {
  if (typeof value !== 'object' || value === null) return false;
  const { sub, sid, iat, exp, iss } = value as Partial<Record<string, unknown>>;
  const texts = [sub, sid, iss].every((claim) => typeof claim === 'string');
  return texts && Number.isInteger(iat) && Number.isInteger(exp);
}
