import { createHmac, randomBytes, randomInt } from 'node:crypto';
import { APP_SECRET } from './generated-projects.ts';

/** Speaks to generated backends as people who sign in. */

export type Json = Readonly<Record<string, unknown>>;

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Json;
}

export interface Asking {
  readonly body?: unknown;
  readonly token?: string;
  /** Where the request comes from, as the proxy tells; somewhere else each time when it is not said. */
  readonly address?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export type Ask = (method: string, path: string, asking?: Asking) => Promise<Answer>;

export function somewhere(): string {
  return `10.${randomInt(256)}.${randomInt(256)}.${randomInt(256)}`;
}

/** Asks the backend at `url`. */
export function askAt(url: string): Ask {
  return async (method, path, { body, token, address = somewhere(), headers = {} } = {}) => {
    const answer = await fetch(url + path, {
      method,
      ...(body !== undefined && { body: JSON.stringify(body) }),
      headers: {
        'x-forwarded-for': address,
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...headers,
      },
    });
    const text = await answer.text();
    return { status: answer.status, headers: answer.headers, body: text === '' ? {} : JSON.parse(text) };
  };
}

/** Somebody who is signed in. */
export interface Person {
  readonly login: string;
  readonly password: string;
  readonly account: Json;
  readonly accessToken: string;
  readonly refreshToken: string;
}

/** What registering and signing in answer. */
export function readTokens({ body }: Answer): Pick<Person, 'account' | 'accessToken' | 'refreshToken'> {
  const { account, accessToken, refreshToken } = body;
  if (typeof accessToken !== 'string' || typeof refreshToken !== 'string' || !isJson(account)) {
    throw new Error(`nobody is signed in: ${JSON.stringify(body)}`);
  }
  return { account, accessToken, refreshToken };
}

function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A new name that no other test has. */
export function newName(): string {
  return `p${randomBytes(6).toString('hex')}`;
}

/** Header, claims and signature of a token. */
export function partsOf(token: string): { readonly header: Json; readonly claims: Json; readonly signature: string } {
  const [header = '', claims = '', signature = ''] = token.split('.');
  const read = (part: string): Json => JSON.parse(Buffer.from(part, 'base64url').toString());
  return { header: read(header), claims: read(claims), signature };
}

/** A token that says what it is told to, signed with the server's secret or with another one. */
export function forge(
  claims: unknown,
  {
    header = { alg: 'HS256', typ: 'JWT' },
    secret = APP_SECRET,
    hash = 'sha256',
  }: {
    readonly header?: unknown;
    readonly secret?: string;
    readonly hash?: string;
  } = {},
): string {
  const encode = (part: unknown): string => Buffer.from(JSON.stringify(part)).toString('base64url');
  const signed = `${encode(header)}.${encode(claims)}`;
  return `${signed}.${createHmac(hash, secret).update(signed).digest('base64url')}`;
}
