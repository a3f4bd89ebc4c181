import { isProjectId } from './ids.ts';

/** Environments a project may have a database in. */
export const ENVIRONMENTS = ['dev', 'staging', 'prod'] as const;
export type Environment = (typeof ENVIRONMENTS)[number];

/** The three logins of a project database: migrations act as its owner, the backend reads and writes, reports only read. */
export const LOGIN_ROLES = ['mig', 'app', 'ro'] as const;
export type LoginRole = (typeof LOGIN_ROLES)[number];

/** Names of everything a project owns in a cluster, all derived from its id. */
export interface DatabaseNames {
  /** The database, and the access group (NOLOGIN) that pg_hba's `samerole` looks for. */
  readonly database: string;
  readonly group: string;
  /** Owns the database and all objects in it; cannot log in. */
  readonly owner: string;
  readonly mig: string;
  readonly app: string;
  readonly ro: string;
  /** Comment on all five roles: proof that we made them. World-readable, so no secret. */
  readonly tag: string;
}

/** Schema that holds the project's tables, and the one of the migration journal. */
export const APP_SCHEMA = 'app';
export const JOURNAL_SCHEMA = 'tb';

/** Names for a project and environment. `dev` has no suffix, so that one-environment projects read well. */
export function databaseNames(projectId: string, env: Environment = 'dev'): DatabaseNames {
  if (!isProjectId(projectId)) throw new RangeError(`not a project id: ${JSON.stringify(projectId)}`);
  const database = `turbobackend_proj_${projectId}${env === 'dev' ? '' : `_${env}`}`;
  return {
    database,
    group: database,
    owner: `${database}_own`,
    mig: `${database}_mig`,
    app: `${database}_app`,
    ro: `${database}_ro`,
    tag: `turbobackend:${projectId}`,
  };
}

/** A provisioned database, without any secret. */
export interface Database {
  readonly projectId: string;
  readonly env: Environment;
  readonly name: string;
  readonly host: string;
  readonly port: number;
  /** The login the backend uses. */
  readonly user: string;
  readonly status: 'creating' | 'ready' | 'deleting' | 'trashed' | 'failed';
}

/** What one login needs to connect. Holds a password: never printed, logged, returned from a recorded step or serialised. */
export interface Login {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly password: string;
  /** TLS wish of an external cluster, as libpq's sslmode. */
  readonly sslmode?: 'disable' | 'require' | 'verify-full';
}

/** What a PostgreSQL client has to be told to use a login. Contains the password. */
export function connectionSettings(login: Login): Omit<Login, 'sslmode'> & {
  readonly ssl: false | { readonly rejectUnauthorized: boolean };
} {
  const { sslmode = 'disable', ...settings } = login;
  // As libpq does: `require` encrypts without checking the certificate, `verify-full` checks chain and host name.
  return { ...settings, ssl: sslmode === 'disable' ? false : { rejectUnauthorized: sslmode === 'verify-full' } };
}

/** postgres:// URL of a login. Contains the password. */
export function loginUrl(login: Login): string {
  const host = login.host.includes(':') ? `[${login.host}]` : login.host;
  const tls = login.sslmode && login.sslmode !== 'disable' ? `?sslmode=${login.sslmode}` : '';
  return `postgres://${encodeURIComponent(login.user)}:${encodeURIComponent(login.password)}@${host}:${login.port}/${encodeURIComponent(login.database)}${tls}`;
}
