// Applies the files of migrations/ that this database has not seen yet: each once, in the order of their names, and
// each in one transaction with its row in the journal. `turbobackend migrate` keeps the same journal, and checks more.
// `--env staging` and `--env prod` migrate the databases of .env.staging and .env.production.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, parseEnv } from 'node:util';
import pg from 'pg';
import { newSum, readMigrations } from './migrations.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const folder = join(root, 'migrations');
const TRIES = 10;
const LONGEST_PAUSE_MS = 60_000;

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
  const known = new Set(migrations.map(({ version }) => version));
  for (const { version, name } of journal.values()) {
    if (!known.has(version))
      throw new Error(`${version}_${name} was applied, but its file is missing.`);
  }
  const applied = [...journal.values()].filter(({ status }) => status === 'applied');
  const newest =
    applied
      .map(({ version }) => version)
      .sort()
      .at(-1) ?? '';
  return migrations.filter(({ file, version, checksum, isEmpty }) => {
    const row = journal.get(version);
    if (row && row.checksum !== checksum)
      throw new Error(`${file} was changed after it was applied.`);
    if (row?.status === 'applied') return false;
    if (!row && version < newest)
      throw new Error(`${file} is older than ${newest}, which was applied already.`);
    if (isEmpty) throw new Error(`${file} has no statement yet.`);
    return true;
  });
}

const INSERT = `insert into tb.schema_migrations
  (version, name, checksum, status, statements, done_statements, statement_sums, applied_at)
  values ($1, $2, $3, $4, 1, 0, '{}', $5)`;
const FINISH =
  "update tb.schema_migrations set status = 'applied', done_statements = 1, applied_at = $2, ms = $3 where version = $1";

const now = () => Math.floor(Date.now() / 1000);

/** An index that was cut in the middle is kept up, but never used. */
async function isUsable(client, index) {
  const { rows } = await client.query(
    'select indisvalid and indisready as usable from pg_catalog.pg_index where indexrelid = to_regclass($1)',
    [index],
  );
  return rows[0]?.usable;
}

/** Outside a transaction. A row says that it was begun; whoever finds it looks at what really happened. */
async function applyAlone(client, { version, name, sql, checksum, repeats, index }, isBegun) {
  const started = performance.now();
  if (!isBegun) await client.query(INSERT, [version, name, checksum, 'running', null]);
  const dropUnusable = async () => {
    if (index && (await isUsable(client, index)) === false)
      await client.query(`drop index concurrently ${index}`);
  };
  const isDone = isBegun && index && (await isUsable(client, index));
  if (!isDone) {
    await dropUnusable();
    try {
      let { rowCount } = await client.query(sql);
      while (repeats && rowCount > 0) ({ rowCount } = await client.query(sql));
    } catch (error) {
      const forget = 'delete from tb.schema_migrations where version = $1';
      // Where even this fails the row stays, and the next run looks at what happened.
      await dropUnusable()
        .then(() => client.query(forget, [version]))
        .catch(() => {});
      throw error;
    }
  }
  await client.query(FINISH, [version, now(), Math.round(performance.now() - started)]);
}

const TRANSACTION = 'select pg_current_xact_id()::text as id';

/** In one transaction with its row, which comes first and keeps another runner out. */
async function applyOnce(client, { file, version, name, sql, checksum }) {
  const started = performance.now();
  await client.query("begin; set local lock_timeout = '5s'; set local statement_timeout = '15min'");
  await client.query(INSERT, [version, name, checksum, 'applied', now()]);
  const { rows: before } = await client.query(TRANSACTION);
  await client.query(sql);
  const { rows: after } = await client.query(TRANSACTION);
  if (before[0].id !== after[0].id) throw new Error(`${file} ended its transaction.`);
  await client.query(FINISH, [version, now(), Math.round(performance.now() - started)]);
  await client.query('commit');
}

/** Again after a pause while somebody else holds a lock that it needs. */
async function apply(client, migration) {
  for (let tries = 1; ; tries += 1) {
    try {
      return await applyOnce(client, migration);
    } catch (error) {
      await client.query('rollback').catch(() => {});
      const isHeld = error.code === '55P03' || error.code === '40P01';
      if (!isHeld || tries === TRIES) throw error;
      const pause =
        Math.min(LONGEST_PAUSE_MS, 1000 * 2 ** (tries - 1)) * (0.75 + Math.random() / 4);
      console.log(`${migration.file} waits for a lock that somebody else holds.`);
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }
}

/** Settings of one file do not reach the next. */
async function cleanSession(client) {
  await client.query('close all; reset all; discard temp; unlisten *');
  await client.query('set search_path = app, pg_catalog; set standard_conforming_strings = on');
}

function readEnv(name) {
  const file = join(root, name);
  return existsSync(file) ? parseEnv(readFileSync(file, 'utf8')) : {};
}

const FILES = { dev: '.env', staging: '.env.staging', prod: '.env.production' };

/**
 * An environment that was named is the one: nothing of another may stand in for it. Only the database for development,
 * which the files of this folder name, adds to migrations.sum.
 */
function connectionOf(environment) {
  if (environment === undefined) {
    const given = process.env.MIGRATION_DATABASE_URL;
    if (given) return { url: given, keepsSum: false };
    const url =
      readEnv('.env.migrate').DATABASE_URL ||
      process.env.DATABASE_URL ||
      readEnv('.env').DATABASE_URL;
    return { url, keepsSum: url !== process.env.DATABASE_URL };
  }
  if (!Object.hasOwn(FILES, environment)) throw new Error('--env is dev, staging or prod.');
  const url = readEnv(`${FILES[environment]}.migrate`).DATABASE_URL;
  return { url, keepsSum: environment === 'dev' };
}

/** Brings migrations.sum up to date, where that is wished. */
function checkSum(migrations, journal, keepsSum) {
  const sum = newSum(folder, migrations, ({ version }) => journal.has(version));
  if (sum === null) return;
  if (!keepsSum) {
    throw new Error(
      'migrations.sum does not list all files: run npm run migrate on the database for development, and commit it.',
    );
  }
  writeFileSync(sum.path, sum.text);
}

async function main() {
  const { env } = parseArgs({ options: { env: { type: 'string' } } }).values;
  const { url: connectionString, keepsSum } = connectionOf(env);
  if (!connectionString) {
    const file = `${FILES[env] ?? '.env'}.migrate`;
    throw new Error(
      `Set DATABASE_URL in ${file}${env === undefined ? ', or MIGRATION_DATABASE_URL' : ''}.`,
    );
  }
  const migrations = existsSync(folder) ? readMigrations(folder) : [];
  const client = new pg.Client({ connectionString, connectionTimeoutMillis: 5000 });
  client.on('error', () => {});
  await client.connect();
  try {
    await waitForLock(client);
    for (const schema of ['app', 'tb']) {
      if (!(await hasSchema(client, schema))) await client.query(`create schema ${schema}`);
    }
    await cleanSession(client);
    await client.query(JOURNAL);
    const { rows } = await client.query(
      'select version, name, checksum, status from tb.schema_migrations',
    );
    const journal = new Map(rows.map((row) => [row.version, row]));
    const pending = pendingOf(migrations, journal);
    if (migrations.length > 0) checkSum(migrations, journal, keepsSum);
    for (const migration of pending) {
      if (migration.alone) await applyAlone(client, migration, journal.has(migration.version));
      else await apply(client, migration);
      await cleanSession(client);
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
