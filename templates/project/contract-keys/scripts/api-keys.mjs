// Makes, lists and takes back keys that open the operations: npm run api-keys -- add <name> [--scopes a,b] [--days 90]
// It takes the login of migrations (.env.migrate): over HTTP nobody can make one. A key is shown once.
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, parseEnv } from 'node:util';
import pg from 'pg';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const FILES = {
  dev: '.env.migrate',
  staging: '.env.staging.migrate',
  prod: '.env.production.migrate',
};
const SCOPES = ALL_SCOPES;
const USAGE =
  'npm run api-keys -- add <name> [--scopes a,b] [--days 90] | list | remove <name> [--env staging|prod]';

function connectionOf(environment) {
  if (!Object.hasOwn(FILES, environment)) throw new Error('--env is dev, staging or prod.');
  const file = join(root, FILES[environment]);
  const { DATABASE_URL } = existsSync(file) ? parseEnv(readFileSync(file, 'utf8')) : {};
  const url = DATABASE_URL || (environment === 'dev' && process.env.MIGRATION_DATABASE_URL);
  if (url) return url;
  throw new Error(`Set DATABASE_URL in ${FILES[environment]}.`);
}

/** A new key, of which the database keeps the hash only. */
export async function addKey(client, { name, scopes = [], days }) {
  const key = randomBytes(32).toString('base64url');
  const hash = createHash('sha256').update(key).digest('hex');
  await client.query(
    `insert into app.KEYS (name, key_hash, scopes, created_at, expires_at)
    values ($1, $2, $3, now(), now() + make_interval(days => $4::integer))`,
    [name, hash, scopes, days ?? null],
  );
  return key;
}

function scopesOf(text) {
  const scopes = text.split(',').filter((scope) => scope !== '');
  const odd = scopes.find((scope) => !SCOPES.includes(scope));
  if (odd === undefined) return scopes;
  throw new Error(`${odd} is no scope of the document: ${SCOPES.join(', ') || 'it has none'}.`);
}

function daysOf(text) {
  if (text === undefined) return null;
  if (/^[1-9]\d{0,4}$/.test(text)) return Number(text);
  throw new Error('--days is a whole number of days.');
}

async function run(client, [command, name], { scopes, days }) {
  if (command === 'list') {
    const { rows } = await client.query(
      `select name, scopes, created_at, expires_at
      from app.KEYS
      order by name`,
    );
    return console.table(rows);
  }
  if (!name || !['add', 'remove'].includes(command)) throw new Error(USAGE);
  if (command === 'add') {
    const wanted = { name, scopes: scopesOf(scopes), days: daysOf(days) };
    return console.log(await addKey(client, wanted));
  }
  const { rowCount } = await client.query(
    `delete from app.KEYS
    where name = $1`,
    [name],
  );
  if (rowCount === 0) throw new Error(`There is no key ${name}.`);
  console.log(`${name} opens nothing any more.`);
}

async function main() {
  const { values, positionals } = parseArgs({
    options: {
      env: { type: 'string', default: 'dev' },
      scopes: { type: 'string', default: '' },
      days: { type: 'string' },
    },
    allowPositionals: true,
  });
  if (positionals.length === 0 || positionals.length > 2) throw new Error(USAGE);
  const client = new pg.Client({
    connectionString: connectionOf(values.env),
    connectionTimeoutMillis: 5000,
  });
  client.on('error', () => {});
  await client.connect();
  try {
    await run(client, positionals, values);
  } finally {
    await client.end();
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  main().catch((error) => {
    const reason = error.code === '23505' ? 'there is a key of that name.' : error.message;
    console.error(`api-keys: ${reason}`);
    process.exit(1);
  });
}
