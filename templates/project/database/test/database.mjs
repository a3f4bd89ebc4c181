import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseEnv } from 'node:util';
import pg from 'pg';
import { tables } from './samples.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
/** Held by each file of tests while it runs; the number says nothing. */
const LOCK = 7001;

function readEnv(name) {
  const file = join(root, name);
  return existsSync(file) ? parseEnv(readFileSync(file, 'utf8')) : {};
}

/** The database that was named for tests; otherwise that of the server, in which tests touch nothing of others. */
function chooseDatabase() {
  const named = process.env.TEST_DATABASE_URL || readEnv('.env.test').DATABASE_URL;
  if (named) return { url: named, isOwn: true };
  return { url: process.env.DATABASE_URL || readEnv('.env').DATABASE_URL || '', isOwn: false };
}

/** The database tests run on, with a connection of the server's login. Throws an error of one line. */
export async function openDatabase() {
  const { url, isOwn } = chooseDatabase();
  if (!url) throw new Error('DATABASE_URL is not set. Set it in .env or .env.test.');
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5000 });
  client.on('error', () => {});
  await client.connect().catch(() => {
    throw new Error('The database does not answer. Set DATABASE_URL in .env to one that runs.');
  });
  const database = {
    url,
    /** Runs one statement as the server would for an account, or for itself. */
    async query(text, values = [], settings = SYSTEM) {
      await client.query('begin');
      try {
        for (const [name, value] of Object.entries(settings))
          await client.query('select set_config($1, $2, true)', [name, value]);
        const { rows } = await client.query(text, values);
        await client.query('commit');
        return rows;
      } catch (error) {
        await client.query('rollback');
        throw error;
      }
    },
    close: () => client.end(),
  };
  try {
    if (!isOwn) await refuseForeignRows(client, database);
  } catch (error) {
    await client.end();
    throw error;
  }
  return database;
}

/** What the server sets when it works for nobody in particular. */
const SYSTEM = { 'app.account': '', 'app.admin': 'true' };

/** Who comes first looks whether all tables are empty; who comes later finds the rows of other tests. */
async function refuseForeignRows(client, database) {
  const { rows } = await client.query('select pg_try_advisory_lock($1) as first', [LOCK]);
  if (rows[0].first) {
    for (const name of Object.keys(tables)) {
      const [row] = await database.query(`select 1 from app."${name}" limit 1`).catch((error) => {
        throw new Error(`No reading from ${name} (${error.message}). Run \`npm run migrate\`.`);
      });
      if (row) {
        const way = 'name an empty one in .env.test, or run `npx turbobackend verify`';
        throw new Error(
          `There are rows in ${name}, and tests want a database of their own: ${way}.`,
        );
      }
    }
  }
  await client.query('select pg_advisory_lock_shared($1)', [LOCK]);
  if (rows[0].first) await client.query('select pg_advisory_unlock($1)', [LOCK]);
}
