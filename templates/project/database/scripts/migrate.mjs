// Applies the files of migrations/ that this database has not seen yet: each once, in the order of their names, and
// each in one transaction with its row in the journal. `turbobackend migrate` keeps the same journal, and checks more.
// `--env staging` and `--env prod` migrate the databases of .env.staging and .env.production.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, parseEnv } from 'node:util';
import pg from 'pg';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const folder = join(root, 'migrations');
const FILE_NAME = /^(\d{14})_([a-z0-9_]+)\.sql$/;

const JOURNAL = `create table if not exists tb.schema_migrations (
  version text not null,
  name text not null,
  checksum text not null,
  status text not null,
  statements integer not null,
  done_statements integer not null,
  statement_sums text[] not null,
  applied_at bigint,
  ms integer,
  tool_version text,
  constraint schema_migrations_pkey primary key (version),
  constraint schema_migrations_status_check check (status in ('running', 'applied'))
)`;

/** Line ends, blanks at line ends and at the end do not count. */
function normalise(sql) {
  const lines = sql
    .replace(/^\ufeff/, '')
    .replace(/\r\n?/g, '\n')
    .split('\n');
  return `${lines
    .map((line) => line.replace(/[ \t]+$/, ''))
    .join('\n')
    .replace(/\n+$/, '')}\n`;
}

function readMigrations() {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((file) => !file.startsWith('.'))
    .sort()
    .map((file) => {
      const [, version, name] = FILE_NAME.exec(file) ?? [];
      if (!version) throw new Error(`${file}: names look like 20260131093000_add_tags.sql.`);
      const sql = normalise(readFileSync(join(folder, file), 'utf8'));
      const checksum = `sha256:${createHash('sha256').update(sql).digest('hex')}`;
      // These few statements refuse to run in a transaction; such a file holds one of them and nothing else.
      const alone = /^\s*(create|drop|reindex)\b[^;]*\bconcurrently\b/im.test(sql);
      return { file, version, name, sql, checksum, alone };
    });
}

async function hasSchema(client, name) {
  const { rowCount } = await client.query(
    'select 1 from pg_catalog.pg_namespace where nspname = $1',
    [name],
  );
  return rowCount === 1;
}

/** One runner at a time. Asking again and again blocks nobody, unlike waiting inside the database. */
async function waitForLock(client) {
  for (let attempt = 0; attempt < 600; attempt += 1) {
    const { rows } = await client.query(
      "select pg_try_advisory_lock(hashtextextended('turbobackend:migrate', 0)) as locked",
    );
    if (rows[0].locked) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('Another migration of this database is still running.');
}

function pendingOf(migrations, journal) {
  const versions = migrations.map(({ version }) => version);
  const twin = versions.find((version, index) => versions.indexOf(version) !== index);
  if (twin) throw new Error(`Two files have the version ${twin}.`);
  for (const { version, name } of journal.values()) {
    if (!versions.includes(version))
      throw new Error(`${version}_${name} was applied, but its file is missing.`);
  }
  const newest = [...journal.keys()].sort().at(-1) ?? '';
  return migrations.filter(({ file, version, checksum }) => {
    const row = journal.get(version);
    if (row?.status === 'running') {
      throw new Error(
        `${file} was begun and not finished: npx turbobackend migrate up goes on with it.`,
      );
    }
    if (row && row.checksum !== checksum)
      throw new Error(`${file} was changed after it was applied.`);
    if (!row && version < newest)
      throw new Error(`${file} is older than ${newest}, which was applied already.`);
    return !row;
  });
}

async function apply(client, { version, name, sql, checksum, alone }) {
  const started = performance.now();
  const insert = `insert into tb.schema_migrations
    (version, name, checksum, status, statements, done_statements, statement_sums, applied_at)
    values ($1, $2, $3, $4, 1, 0, '{}', $5)`;
  const now = Math.floor(Date.now() / 1000);
  const finish =
    "update tb.schema_migrations set status = 'applied', done_statements = 1, applied_at = $2, ms = $3 where version = $1";
  if (alone) {
    await client.query(insert, [version, name, checksum, 'running', null]);
    await client.query(sql);
    await client.query(finish, [version, now, Math.round(performance.now() - started)]);
    return;
  }
  await client.query("begin; set local lock_timeout = '5s'");
  try {
    await client.query(insert, [version, name, checksum, 'applied', now]);
    await client.query(sql);
    await client.query(finish, [version, now, Math.round(performance.now() - started)]);
    await client.query('commit');
  } catch (error) {
    await client.query('rollback').catch(() => {});
    throw error;
  }
}

function readEnv(name) {
  const file = join(root, name);
  return existsSync(file) ? parseEnv(readFileSync(file, 'utf8')) : {};
}

const FILES = { dev: '.env', staging: '.env.staging', prod: '.env.production' };

/** An environment that was named is the one: nothing of another may stand in for it. */
function connectionOf(environment) {
  if (environment === undefined) {
    return (
      process.env.MIGRATION_DATABASE_URL ||
      readEnv('.env.migrate').DATABASE_URL ||
      process.env.DATABASE_URL ||
      readEnv('.env').DATABASE_URL
    );
  }
  if (!Object.hasOwn(FILES, environment)) throw new Error('--env is dev, staging or prod.');
  return readEnv(`${FILES[environment]}.migrate`).DATABASE_URL;
}

async function main() {
  const { env } = parseArgs({ options: { env: { type: 'string' } } }).values;
  const connectionString = connectionOf(env);
  if (!connectionString) {
    const file = `${FILES[env] ?? '.env'}.migrate`;
    throw new Error(
      `Set DATABASE_URL in ${file}${env === undefined ? ', or MIGRATION_DATABASE_URL' : ''}.`,
    );
  }
  const migrations = readMigrations();
  const client = new pg.Client({ connectionString, connectionTimeoutMillis: 5000 });
  client.on('error', () => {});
  await client.connect();
  try {
    await waitForLock(client);
    for (const schema of ['app', 'tb']) {
      if (!(await hasSchema(client, schema))) await client.query(`create schema ${schema}`);
    }
    await client.query('set search_path = app, pg_catalog');
    await client.query(JOURNAL);
    const { rows } = await client.query(
      'select version, name, checksum, status from tb.schema_migrations',
    );
    const pending = pendingOf(migrations, new Map(rows.map((row) => [row.version, row])));
    for (const migration of pending) {
      await apply(client, migration);
      console.log(`${migration.file} applied`);
    }
    if (pending.length === 0) console.log('Nothing to apply: the database is up to date.');
  } finally {
    await client.end();
  }
}

main().catch((error) => {
  console.error(`migrate: ${error.message}`);
  process.exit(1);
});
