import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import { connectionSettings } from '../../../domain/database.ts';
import type { Clock, Ids } from '../../../ports/clock.ts';
import type { StateStore } from '../../../ports/state-store.ts';
import type { Connection } from './connection.ts';
import { databaseMethods } from './databases.ts';
import { translateFailures } from './failures.ts';
import { ensureMetadata, type MetadataOptions, metadataVersion } from './metadata-database.ts';
import { modelCallMethods } from './model-calls.ts';
import { projectMethods } from './projects.ts';
import { recordMethods } from './records.ts';
import { remoteMethods } from './remotes.ts';
import { secretMethods } from './secrets.ts';
import type { Tables } from './tables.ts';
import { verificationMethods } from './verifications.ts';
import { versionMethods } from './versions.ts';

export interface StateOptions extends MetadataOptions {
  /** Name of the owner of new projects. */
  readonly owner: string;
  readonly clock: Clock;
  readonly ids: Ids;
}

// bigint columns are unix seconds and counters: safe as numbers until the year 285,000,000.
const types = {
  getTypeParser: (oid: number, format?: 'text' | 'binary') =>
    oid === pg.types.builtins.INT8 && format !== 'binary'
      ? (value: string) => Number(value)
      : pg.types.getTypeParser(oid, format),
};

/**
 * The metadata database in PostgreSQL. Nothing is opened before the first call; the first call makes or upgrades the
 * database. Pool of at most 20, idle connections close after 30 s, a connect waits 2 s.
 */
export function postgresState(options: StateOptions): StateStore {
  let opened: Promise<Kysely<Tables>> | null = null;
  const open = () => {
    opened ??= openDatabase(options).catch((error) => {
      opened = null;
      throw error;
    });
    return opened;
  };
  const connection: Connection = { open, owner: options.owner, clock: options.clock, ids: options.ids };
  return {
    ...translateFailures({
      ...projectMethods(connection),
      ...databaseMethods(connection),
      ...secretMethods(connection),
      ...recordMethods(connection),
      ...modelCallMethods(connection),
      ...verificationMethods(connection),
      ...remoteMethods(connection),
      ...versionMethods(connection),
      version: () => metadataVersion(options),
    }),
    async close() {
      const database = await opened?.catch(() => null);
      opened = null;
      await database?.destroy();
    },
  };
}

async function openDatabase(options: StateOptions): Promise<Kysely<Tables>> {
  const login = await ensureMetadata(options);
  const pool = new pg.Pool({
    ...connectionSettings(login),
    max: 20,
    idleTimeoutMillis: 30_000,
    connectionTimeoutMillis: 2000,
    application_name: 'turbobackend',
    // With the connection itself: a statement of its own could fail in between, and the pool would wait for it for ever.
    options: `-c search_path=${options.schema}`,
    types,
  });
  // Without listeners a server that goes away would end the process: between two calls, and in the middle of one.
  pool.on('error', () => {});
  pool.on('connect', (client) => client.on('error', () => {}));
  return new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
}
