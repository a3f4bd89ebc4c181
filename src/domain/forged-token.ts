import { createHmac } from 'node:crypto';

/** A JWT as somebody without the key would make it, to see whether it is refused. */
export interface ForgedToken {
  readonly name: string;
  readonly token: string;
  /** Signed with the right key, but for a time that is over. */
  readonly isExpired?: boolean;
}

const GUESSES = ['', 'secret', 'changeme', 'password', 'APP_SECRET', 'your-256-bit-secret'];

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

function sign(head: unknown, claims: unknown, key: string, algorithm = 'sha256'): string {
  const text = `${encode(head)}.${encode(claims)}`;
  return `${text}.${createHmac(algorithm, key).update(text).digest('base64url')}`;
}

/** The claims of a token, or null when it is none. */
export function claimsOf(token: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
    return typeof value === 'object' && value !== null ? { ...value } : null;
  } catch {
    return null;
  }
}

/**
 * Forgeries of a valid token: for the account `subject`, and for its own. With `secret`, what the backend signs with, also
 * one that is rightly signed and expired. `now` in unix seconds.
 */
export function forgeTokens(
  token: string,
  {
    subject,
    secret,
    now,
  }: { readonly subject: string | number; readonly secret?: string | undefined; readonly now: number },
): readonly ForgedToken[] {
  const [head = '', body = '', signature = ''] = token.split('.');
  const own = claimsOf(token) ?? {};
  const other = { ...own, sub: typeof own.sub === 'number' ? subject : String(subject) };
  const hs256 = { alg: 'HS256', typ: 'JWT' };
  const none = ['none', 'None', 'NONE', 'nOnE'].flatMap((alg) => [
    { name: `alg ${alg}`, token: `${encode({ alg, typ: 'JWT' })}.${encode(own)}.` },
    { name: `alg ${alg} for another`, token: `${encode({ alg, typ: 'JWT' })}.${encode(other)}.` },
  ]);
  return [
    ...none,
    { name: 'alg none with the old signature', token: `${encode({ alg: 'none' })}.${body}.${signature}` },
    { name: 'another account, old signature', token: `${head}.${encode(other)}.${signature}` },
    { name: 'no signature', token: `${head}.${body}.` },
    { name: 'two parts', token: `${head}.${body}` },
    { name: 'a cut signature', token: `${head}.${body}.${signature.slice(0, -2)}` },
    { name: 'a changed signature', token: `${head}.${body}.${flip(signature)}` },
    { name: 'a longer signature', token: `${token}AA` },
    { name: 'four parts', token: `${token}.${signature}` },
    { name: 'another algorithm', token: sign({ alg: 'HS512', typ: 'JWT' }, own, secret ?? 'x', 'sha512') },
    { name: 'a key of its own', token: sign({ ...hs256, jwk: { kty: 'oct', k: 'c2VjcmV0' } }, other, 'secret') },
    { name: 'a key id of a file', token: sign({ ...hs256, kid: '../../../../dev/null' }, other, '') },
    { name: 'a key id of SQL', token: sign({ ...hs256, kid: "' union select 'a'--" }, other, 'a') },
    { name: 'RS256 by name', token: `${encode({ alg: 'RS256', typ: 'JWT' })}.${encode(other)}.${signature}` },
    { name: 'no claims', token: sign(hs256, {}, 'secret') },
    { name: 'claims that are a list', token: sign(hs256, [], 'secret') },
    ...GUESSES.map((key) => ({ name: `the key "${key}"`, token: sign(hs256, other, key) })),
    ...(secret === undefined
      ? []
      : [
          {
            name: 'an expired one',
            token: sign(headOf(head) ?? hs256, { ...own, iat: now - 7200, exp: now - 3600 }, secret),
            isExpired: true,
          },
          { name: 'another header', token: sign({ ...hs256, x: 1 }, own, secret) },
        ]),
  ];
}

function headOf(part: string): unknown {
  try {
    return JSON.parse(Buffer.from(part, 'base64url').toString());
  } catch {
    return null;
  }
}

/** In the middle: the last character of a signature may hold bits that are not used. */
function flip(text: string): string {
  const at = Math.floor(text.length / 2);
  return `${text.slice(0, at)}${text[at] === 'A' ? 'B' : 'A'}${text.slice(at + 1)}`;
}
