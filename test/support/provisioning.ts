import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { randomIds, systemClock } from '../../src/adapters/clock/system/system-clock.ts';
import { postgresDatabaseAdmin } from '../../src/adapters/database-admin/postgres/postgres-database-admin.ts';
import { postgresSql } from '../../src/adapters/sql/postgres/postgres-sql.ts';
import { postgresState } from '../../src/adapters/state-store/postgres/postgres-state.ts';
import { localVault } from '../../src/adapters/vault/local/local-vault.ts';
import type { Login } from '../../src/domain/database.ts';
import type { ProgressEvent } from '../../src/domain/progress.ts';
import type { Needs, Services } from '../../src/ports/services.ts';

/** A server that somebody else runs, and its administrator. */
export interface Server {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
}

export type ProvisioningServices = Needs<
  'cluster' | 'databases' | 'state' | 'vault' | 'clock' | 'progress' | 'sql' | 'ids' | 'limits' | 'owner'
>;

export interface ProvisioningOptions {
  readonly home: string;
  readonly metadataDatabase: string;
  /** Administers databases and roles; the metadata stay the server's administrator's. */
  readonly administrator?: { readonly user: string; readonly password: string };
  readonly maintenanceDatabase?: string;
  readonly lockTimeoutMs?: number;
  readonly limits?: Partial<Services['limits']>;
  /** A machine whose clock is wrong. */
  readonly clock?: Services['clock'];
  /** Default: templates/state of this checkout; a bundled program lies elsewhere and has to say. */
  readonly migrationsFolder?: string;
}

/** The real adapters, wired as the composition root does, on a server that is already there. */
export function provisioningServices(
  server: Server,
  options: ProvisioningOptions,
): ProvisioningServices & { readonly events: ProgressEvent[] } {
  const events: ProgressEvent[] = [];
  const sql = postgresSql();
  const clock = options.clock ?? systemClock();
  const ids = randomIds();
  const adminLogin = (database: string): Login => ({
    host: server.host,
    port: server.port,
    user: options.administrator?.user ?? server.user,
    password: options.administrator?.password ?? server.password,
    database,
  });
  const info = {
    kind: 'external',
    host: server.host,
    port: server.port,
    version: 180_004,
    systemIdentifier: `test-${server.port}`,
    dataDirectory: null,
  } as const;
  return {
    events,
    owner: 'tester',
    progress: (event) => events.push(event),
    limits: { connections: 20, statementTimeoutSeconds: 15, storageMb: null, databases: 100_000, ...options.limits },
    sql,
    clock,
    ids,
    cluster: {
      kind: 'external',
      ensure: async () => info,
      inspect: async () => info,
      stop: async () => false,
      adminLogin,
    },
    databases: postgresDatabaseAdmin({
      sql,
      connect: adminLogin,
      ...(options.maintenanceDatabase ? { maintenanceDatabase: options.maintenanceDatabase } : {}),
      ...(options.lockTimeoutMs === undefined ? {} : { lockTimeoutMs: options.lockTimeoutMs }),
    }),
    vault: localVault({ home: options.home }),
    state: postgresState({
      login: async (database) => ({ ...adminLogin(database), user: server.user, password: server.password }),
      database: options.metadataDatabase,
      schema: 'turbobackend',
      migrationsFolder: options.migrationsFolder ?? fileURLToPath(new URL('../../templates/state', import.meta.url)),
      owner: 'tester',
      clock,
      ids,
    }),
  };
}

/** A home folder and a metadata database of one's own; `release` takes both away, and every database left behind. */
export function borrowMetadata(): { home: string; metadataDatabase: string } {
  return {
    home: mkdtempSync(join(tmpdir(), 'tb-test-home-')),
    metadataDatabase: `tb_test_meta_${randomBytes(6).toString('hex')}`,
  };
}

/** Ends a test's use of the server: its projects, its metadata database and its home are gone afterwards. */
export async function releaseMetadata(
  server: Server,
  { home, metadataDatabase }: { home: string; metadataDatabase: string },
  services: ProvisioningServices,
): Promise<void> {
  const projects = (await services.state.listDatabases()).map((record) => record.databaseName);
  await services.state.close();
  await asAdmin(server, 'postgres', async (query) => {
    for (const project of projects) await wipe(query, project);
    await query(`DROP DATABASE IF EXISTS ${metadataDatabase} WITH (FORCE)`);
  });
  rmSync(home, { recursive: true, force: true });
}

/** Removes a database and its roles without asking the code under test; whatever state they are in. */
export async function wipe(query: Query, database: string): Promise<void> {
  const found = await query('SELECT datistemplate AS template FROM pg_database WHERE datname = $1', [database]);
  if (found[0]?.template === true) await query(`ALTER DATABASE ${database} IS_TEMPLATE false`);
  await query(`DROP DATABASE IF EXISTS ${database} WITH (FORCE)`);
  const away = await query('SELECT datname AS name FROM pg_database WHERE datname ~ $1', [
    `^${database.replace('_proj_', '_trash_')}_[0-9]+$`,
  ]);
  for (const { name } of away) await query(`DROP DATABASE IF EXISTS ${String(name)} WITH (FORCE)`);
  for (const part of ['_app', '_mig', '_ro', '_own', '']) await query(`DROP ROLE IF EXISTS ${database}${part}`);
}

export type Query = (
  text: string,
  values?: readonly unknown[],
) => Promise<readonly Readonly<Record<string, unknown>>[]>;

/** A session as the server's administrator. */
export async function asAdmin<T>(server: Server, database: string, work: (query: Query) => Promise<T>): Promise<T> {
  const { host, port, user, password } = server;
  return withSession({ host, port, user, password, database }, work);
}

export async function withSession<T>(login: Login, work: (query: Query) => Promise<T>): Promise<T> {
  const session = await postgresSql().connect(login);
  try {
    return await work(async (text, values) => (await session.query(text, values)).rows);
  } finally {
    await session.close();
  }
}
