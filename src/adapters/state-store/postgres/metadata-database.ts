import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type pg from 'pg';
import { connectionSettings, type Login } from '../../../domain/database.ts';
import { TurboError } from '../../../domain/errors.ts';
import { identifier } from '../../../domain/identifier.ts';
import { connectClient } from '../../shared/postgres/connect-client.ts';
import { endClient } from '../../shared/postgres/end-client.ts';
import { errorState, isTransient, translateFailure } from './failures.ts';
import { makeDatabase } from './make-database.ts';

/** How long a connect may take, and how often one is tried while the server starts. */
const CONNECT_TIMEOUT_MS = 2000;
const CONNECT_ATTEMPTS = 5;

/** What a connect to a database says that is not there (3D000), or is made and not opened yet (55000). */
const UNBORN = ['3D000', '55000'];

export interface MetadataOptions {
  /** Administrator's login for a database of the cluster. */
  readonly login: (database: string) => Promise<Login>;
  readonly database: string;
  readonly schema: string;
  /** Folder of the numbered migrations (templates/state). */
  readonly migrationsFolder: string;
}

async function connect(login: Login): Promise<pg.Client> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await connectClient({
        ...connectionSettings(login),
        connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
        application_name: 'turbobackend',
      });
    } catch (error) {
      if (!isTransient(error) || attempt >= CONNECT_ATTEMPTS) throw error;
      await new Promise((next) => setTimeout(next, 100 * 2 ** attempt));
    }
  }
}

/**
 * Gives the login of the metadata database, making and upgrading the database by need. Throws `metadata.newer` when it
 * was written by a newer turbobackend: an old program must not write what it does not understand.
 */
export async function ensureMetadata(options: MetadataOptions): Promise<Login> {
  const login = await options.login(options.database);
  try {
    const client = await connectOrCreate(options, login);
    try {
      await migrate(client, options);
    } finally {
      await endClient(client);
    }
    return login;
  } catch (error) {
    throw translateFailure(error, `${login.host}:${login.port}`);
  }
}

async function connectOrCreate(options: MetadataOptions, login: Login): Promise<pg.Client> {
  try {
    return await connect(login);
  } catch (error) {
    if (!UNBORN.includes(errorState(error))) throw error;
  }
  const admin = await connect(await options.login('postgres'));
  try {
    await makeDatabase(admin, options.database);
  } finally {
    await endClient(admin);
  }
  return connect(login);
}

async function loadMigrations(folder: string): Promise<readonly { version: number; sql: string }[]> {
  const names = (await readdir(folder)).filter((name) => /^\d{4}_\w+\.sql$/.test(name)).sort();
  return Promise.all(
    names.map(async (name) => ({ version: Number(name.slice(0, 4)), sql: await readFile(join(folder, name), 'utf8') })),
  );
}

async function currentVersion(client: pg.Client, schema: string): Promise<number> {
  try {
    const found = await client.query(`SELECT max(version) AS version FROM ${identifier(schema)}.metadata_versions`);
    return Number(found.rows[0]?.version ?? 0);
  } catch (error) {
    if (['42P01', '3F000'].includes(errorState(error))) return 0;
    throw error;
  }
}

/** The version found (null: there are no metadata) and the newest this program knows. Makes and changes nothing. */
export async function metadataVersion(
  options: MetadataOptions,
): Promise<{ readonly found: number | null; readonly known: number }> {
  const migrations = await loadMigrations(options.migrationsFolder);
  const known = migrations.at(-1)?.version ?? 0;
  const login = await options.login(options.database);
  try {
    const client = await connect(login);
    try {
      const found = await currentVersion(client, options.schema);
      return { found: found === 0 ? null : found, known };
    } finally {
      await endClient(client);
    }
  } catch (error) {
    if (UNBORN.includes(errorState(error))) return { found: null, known };
    throw error;
  }
}

/** Made by a former turbobackend that was cut, or opened by hand. */
async function isOpenToPublic(client: pg.Client): Promise<boolean> {
  const found = await client.query(
    `SELECT EXISTS (SELECT FROM pg_database d, aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) a
       WHERE d.datname = current_database() AND a.grantee = 0) AS open`,
  );
  return found.rows[0]?.open === true;
}

async function migrate(client: pg.Client, options: MetadataOptions): Promise<void> {
  const migrations = await loadMigrations(options.migrationsFolder);
  const newest = migrations.at(-1)?.version ?? 0;
  let version = await currentVersion(client, options.schema);
  if (version > newest) {
    throw new TurboError(
      'metadata.newer',
      `The metadata database is at version ${version}; this turbobackend knows up to ${newest}.`,
      { hint: 'Use the newer turbobackend that wrote it: npx turbobackend@latest status' },
    );
  }
  const isOpen = await isOpenToPublic(client);
  if (version === newest && !isOpen) return;
  const schema = identifier(options.schema);
  await client.query('BEGIN');
  // Serialises first starts: the second process finds everything done.
  await client.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [
    `turbobackend:metadata:${options.schema}`,
  ]);
  if (isOpen) await client.query(`REVOKE ALL ON DATABASE ${identifier(options.database)} FROM PUBLIC`);
  if (version === newest) {
    await client.query('COMMIT');
    return;
  }
  await client.query(`CREATE SCHEMA IF NOT EXISTS ${schema}`);
  await client.query(`SET LOCAL search_path = ${schema}`);
  await client.query(
    'CREATE TABLE IF NOT EXISTS metadata_versions (version integer PRIMARY KEY, applied_at bigint NOT NULL)',
  );
  version = await currentVersion(client, options.schema);
  for (const migration of migrations.filter((candidate) => candidate.version > version)) {
    await client.query(migration.sql);
    await client.query('INSERT INTO metadata_versions VALUES ($1, extract(epoch from now())::bigint)', [
      migration.version,
    ]);
  }
  await client.query('COMMIT');
}
