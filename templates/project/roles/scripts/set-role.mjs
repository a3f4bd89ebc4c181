// Gives an account another role: npm run set-role -- <login> <role>
// It takes the login of migrations (.env.migrate): over HTTP nobody can be made an administrator.
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

function connectionOf(environment) {
  if (!Object.hasOwn(FILES, environment)) throw new Error('--env is dev, staging or prod.');
  const file = join(root, FILES[environment]);
  const { DATABASE_URL } = existsSync(file) ? parseEnv(readFileSync(file, 'utf8')) : {};
  const url = DATABASE_URL || (environment === 'dev' && process.env.MIGRATION_DATABASE_URL);
  if (url) return url;
  throw new Error(`Set DATABASE_URL in ${FILES[environment]}.`);
}

async function main() {
  const { values, positionals } = parseArgs({
    options: { env: { type: 'string', default: 'dev' } },
    allowPositionals: true,
  });
  const [login, role] = positionals;
  if (!login || !role || positionals.length > 2) {
    throw new Error('npm run set-role -- <login> <role> [--env staging|prod]');
  }
  const client = new pg.Client({
    connectionString: connectionOf(values.env),
    connectionTimeoutMillis: 5000,
  });
  client.on('error', () => {});
  await client.connect();
  try {
    const { rowCount } = await client.query(
      `update {{accountsTable}}
      set {{roleColumn}} = $2
      where {{loginColumn}} = $1`,
      [login.normalize('NFKC').toLowerCase().trim(), role],
    );
    if (rowCount === 0) throw new Error(`There is no account ${login}.`);
    console.log(`${login}: {{roleColumn}} is ${role} now.`);
  } finally {
    await client.end();
  }
}

main().catch((error) => {
  console.error(`set-role: ${error.message}`);
  process.exit(1);
});
