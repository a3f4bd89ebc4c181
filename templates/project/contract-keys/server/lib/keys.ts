import { createHash } from 'node:crypto';
import type { H3Event } from 'nitro/h3';
import { readRow, type Statement } from './database.ts';
import { type KeyPlace, keyPlaces } from './key-places.ts';
import { problem } from './problem.ts';

/** Scopes by the name of a scheme of the document, one of which is enough. */
export type Opens = { readonly [scheme in keyof typeof keyPlaces]?: readonly string[] };

const FIND_KEY: Statement = {
  name: '_keys.find',
  text: `
    select scopes
    from app.KEYS
    where key_hash = $1
      and (expires_at is null or expires_at > now())`,
};

/** Throws 401 without a key that is good for one of the schemes, 403 when none has the scopes asked for. */
export async function requireKey(event: H3Event, opens: Opens): Promise<void> {
  let isKnown = false;
  for (const [scheme, place] of Object.entries<KeyPlace>(keyPlaces)) {
    const wanted = Object.entries<readonly string[]>(opens).find(([name]) => name === scheme)?.[1];
    const key = wanted && readKeyAt(event, place);
    if (!key) continue;
    const row = await readRow<{ scopes: string[] }>(FIND_KEY, [hashOf(key)]);
    if (row && wanted.every((scope) => row.scopes.includes(scope))) return;
    isKnown ||= row !== undefined;
  }
  if (isKnown) throw problem(403, 'The key is not good for this.');
  const challenge = Object.values(keyPlaces).some((place: KeyPlace) => place.in === 'basic')
    ? 'Basic realm="keys"'
    : 'Bearer';
  const headers = { 'www-authenticate': challenge };
  throw problem(401, 'Send a key that is good for this.', { headers });
}

/** Keys have 256 random bits: nobody guesses one from its hash. */
function hashOf(key: string): string {
  return createHash('sha256').update(key).digest('hex');
}

/** The key that a request carries there; empty without one. */
export function readKeyAt({ req, url }: H3Event, place: KeyPlace): string {
  switch (place.in) {
    case 'query':
      return url.searchParams.get(place.name) ?? '';
    case 'cookie':
      return cookie(req.headers.get('cookie') ?? '', place.name);
    case 'bearer':
      return /^Bearer +(\S+)$/i.exec(req.headers.get('authorization') ?? '')?.[1] ?? '';
    case 'basic': {
      const [, coded = ''] = /^Basic +(\S+)$/i.exec(req.headers.get('authorization') ?? '') ?? [];
      return /^[^:]*:(.*)$/s.exec(Buffer.from(coded, 'base64').toString())?.[1] ?? '';
    }
    default:
      return req.headers.get(place.name) ?? '';
  }
}

function cookie(header: string, name: string): string {
  const pairs = header.split(';').map((pair) => pair.trim().split('='));
  return pairs.find(([own]) => own === name)?.[1] ?? '';
}
