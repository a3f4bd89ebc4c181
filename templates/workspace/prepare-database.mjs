// In a sandbox: makes the databases of a project and of its tests with a login for each task, and tells the project.
// Usage: node prepare-database.mjs <folder of the project> [with-secret] [fresh]
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';

const here = dirname(fileURLToPath(import.meta.url));
const [, , project, ...wishes] = process.argv;
const PATIENCE_MS = 60_000;

const stateNow = () => JSON.parse(readFileSync(join(here, 'state.json'), 'utf8'));

const connect = async (database) => {
  const { port, passwords } = stateNow();
  const client = new pg.Client({ host: '127.0.0.1', port, user: 'tb_admin', password: passwords.admin, database });
  client.on('error', () => {});
  await client.connect();
  return client;
};

/** The server may be starting, and the file that tells its port may not be there yet. */
async function whenReady() {
  const end = Date.now() + PATIENCE_MS;
  for (;;) {
    try {
      return await connect('postgres');
    } catch (error) {
      if (Date.now() > end) throw new Error(`PostgreSQL does not answer: ${error.message}`);
      await new Promise((next) => setTimeout(next, 100));
    }
  }
}

/** Names are ours, passwords are letters, digits, - and _. */
async function makeRoles(client, name, passwords) {
  const { rows } = await client.query('select rolname from pg_catalog.pg_roles');
  const known = new Set(rows.map(({ rolname }) => rolname));
  const make = async (role, options) => {
    if (!known.has(role)) await client.query(`create role ${role} ${options}`);
  };
  await make(name, 'nologin');
  await make(`${name}_own`, 'nologin');
  for (const [kind, options] of Object.entries({
    mig: 'noinherit connection limit 4',
    app: 'connection limit 20',
    ro: '',
  })) {
    await make(`${name}_${kind}`, `login ${options} password '${passwords[kind]}'`);
    await client.query(`grant ${name} to ${name}_${kind} with inherit false, set false`);
  }
  await client.query(`grant ${name}_own to ${name}_mig with inherit false, set true`);
}

async function makeDatabase(client, name) {
  if (wishes.includes('fresh')) await client.query(`drop database if exists ${name} with (force)`);
  const { rowCount } = await client.query('select from pg_catalog.pg_database where datname = $1', [name]);
  if (rowCount === 0) await client.query(`create database ${name} owner ${name}_own template template0`);
  await client.query(
    `revoke all on database ${name} from public;
     grant connect on database ${name} to ${name}_mig, ${name}_app, ${name}_ro;
     alter role ${name}_mig in database ${name} set role = '${name}_own'`,
  );
  for (const kind of ['mig', 'app', 'ro']) {
    await client.query(`alter role ${name}_${kind} in database ${name} set search_path = app, pg_catalog`);
  }
}

async function prepareInside(name) {
  const client = await connect(name);
  try {
    await client.query(
      `drop schema if exists public;
       create schema if not exists app authorization ${name}_own;
       create schema if not exists tb authorization ${name}_own;
       grant usage on schema app to ${name}_app, ${name}_ro;
       alter default privileges for role ${name}_own in schema app grant select, insert, update, delete on tables to ${name}_app;
       alter default privileges for role ${name}_own in schema app grant usage, select on sequences to ${name}_app;
       alter default privileges for role ${name}_own in schema app grant select on tables to ${name}_ro;
       alter default privileges for role ${name}_own revoke execute on functions from public;
       revoke all on language plpgsql from public`,
    );
  } finally {
    await client.end();
  }
}

/** The secret that signs tokens stays what it is, so that nobody is signed out. */
function appSecret() {
  if (!wishes.includes('with-secret')) return '';
  const file = join(project, '.env');
  const known = existsSync(file) ? /^APP_SECRET=.*$/m.exec(readFileSync(file, 'utf8'))?.[0] : undefined;
  return `${known ?? `APP_SECRET="${randomBytes(32).toString('base64url')}"`}\n`;
}

function write(file, text) {
  writeFileSync(file, text, { mode: 0o600 });
}

const admin = await whenReady();
const { port, passwords } = stateNow();
try {
  await admin.query('revoke all on database postgres, template1 from public');
  for (const name of ['backend', 'backend_tests']) {
    await makeRoles(admin, name, passwords);
    await makeDatabase(admin, name);
    await prepareInside(name);
  }
} finally {
  await admin.end();
}
const url = (name, kind) => `postgres://${name}_${kind}:${passwords[kind]}@127.0.0.1:${port}/${name}`;
const secret = appSecret();
write(join(project, '.env'), `DATABASE_URL="${url('backend', 'app')}"\n${secret}`);
write(join(project, '.env.migrate'), `DATABASE_URL="${url('backend', 'mig')}"\n`);
write(join(project, '.env.test'), `DATABASE_URL="${url('backend_tests', 'app')}"\n`);
write(join(here, 'tests.env'), `MIGRATION_DATABASE_URL="${url('backend_tests', 'mig')}"\n`);
console.log('ready');
