import { existsSync, readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import pg from 'pg';
import { newPerson as newAccount } from './accounts.mjs';

export { credentials } from './accounts.mjs';

const settings = new URL('../.env', import.meta.url);

function databaseUrl() {
  const own = existsSync(settings) ? parseEnv(readFileSync(settings, 'utf8')) : {};
  return process.env.TEST_DATABASE_URL || process.env.DATABASE_URL || own.DATABASE_URL;
}

/** Lets somebody do everything. No operation does: `scripts/set-role.mjs` is for that. */
async function promote({ token }) {
  const { sub } = JSON.parse(Buffer.from(token.split('.')[1], 'base64url').toString());
  const client = new pg.Client({ connectionString: databaseUrl() });
  await client.connect();
  try {
    await client.query(`
      begin;
      set local app.admin = 'true'`);
    await client.query('update app.ACCOUNTS set ROLE = $1 where KEY::text = $2', ['ADMIN', sub]);
    await client.query('commit');
  } finally {
    await client.end();
  }
}

/** Somebody new; an administrator where a role is asked for. */
export async function newPerson(contract, roles = []) {
  const person = await newAccount(contract);
  if (roles.length > 0) await promote(person);
  return person;
}
