import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import pg from 'pg';
import { addKey } from '../scripts/api-keys.mjs';

/** Nobody signs up by the document: whoever asks has a key that was made for it. */

const settings = new URL('../.env', import.meta.url);

function databaseUrl() {
  const own = existsSync(settings) ? parseEnv(readFileSync(settings, 'utf8')) : {};
  return process.env.TEST_DATABASE_URL || process.env.DATABASE_URL || own.DATABASE_URL;
}

/** Somebody new, with a key that is good for these scopes. */
export async function newPerson(_contract, scopes = ALL_SCOPES) {
  const client = new pg.Client({ connectionString: databaseUrl() });
  await client.connect();
  try {
    return { token: await addKey(client, { name: `test ${randomUUID()}`, scopes, days: 1 }) };
  } finally {
    await client.end();
  }
}

/** How a request carries the key: headers, and what stands behind its address. */
export function credentials({ key }, token) {
  if (!token || !key) return { headers: {}, query: '' };
  const { in: place, name } = key;
  if (place === 'query') return { headers: {}, query: `${name}=${encodeURIComponent(token)}` };
  const values = {
    header: token,
    cookie: `${name}=${token}`,
    bearer: `Bearer ${token}`,
    basic: `Basic ${Buffer.from(`key:${token}`).toString('base64')}`,
  };
  return { headers: { [place === 'cookie' ? 'cookie' : name]: values[place] }, query: '' };
}
