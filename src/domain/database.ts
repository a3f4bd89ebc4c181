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

/** Name of a database in the trash. It tells when it went there (unix seconds), so no two are ever the same. */
export function trashName(projectId: string, env: Environment, at: number): string {
  return `${databaseNames(projectId, env).database.replace('_proj_', '_trash_')}_${at}`;
}

/** What the name of one of our databases says. */
export interface OwnDatabase {
  readonly name: string;
  readonly projectId: string;
  readonly env: Environment;
  readonly inTrash: boolean;
}

/** Reads a name that `databaseNames` or `trashName` may have given; null for any other. */
export function parseDatabaseName(name: string): OwnDatabase | null {
  const [, place, projectId, suffix = 'dev', at] =
    /^turbobackend_(proj|trash)_([a-z0-9]{16})(?:_(staging|prod))?(_\d{1,15})?$/.exec(name) ?? [];
  const env = ENVIRONMENTS.find((known) => known === suffix);
  const inTrash = place === 'trash';
  if (projectId === undefined || env === undefined || inTrash !== (at !== undefined)) return null;
  return { name, projectId, env, inTrash };
}

/** How long a database stays in the trash, in seconds. */
export const TRASH_SECONDS = 7 * 24 * 60 * 60;

/** What one database may use. */
export interface DatabaseLimits {
  /** Connections at once of the backend's login. */
  readonly connections: number;
  /** After which a statement of the backend is ended. A default: the login may raise it for itself. */
  readonly statementTimeoutSeconds: number;
  /** Size in MB beyond which nothing more is written; null: no bound. */
  readonly storageMb: number | null;
}

/** What was said for one database alone; null: as the settings say, `none`: no bound, whatever they say. */
export interface OwnLimits {
  readonly connections: number | null;
  readonly statementTimeoutSeconds: number | null;
  readonly storageMb: number | 'none' | null;
}

/** The limits that hold for a database. */
export function limitsOf(own: OwnLimits, settings: DatabaseLimits): DatabaseLimits {
  const storageMb = own.storageMb ?? settings.storageMb;
  return {
    connections: own.connections ?? settings.connections,
    statementTimeoutSeconds: own.statementTimeoutSeconds ?? settings.statementTimeoutSeconds,
    storageMb: storageMb === 'none' ? null : storageMb,
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
  /** How the connection to an external cluster is secured; unset: not at all, as for a server on this machine. */
  readonly sslmode?: SslMode;
  /** Whose signature the server's certificate must carry; unset: an authority that Node itself trusts. */
  readonly sslrootcert?: RootCertificate;
}

/** The modes of libpq that never fall back to an open connection, with libpq's meaning (PostgreSQL manual, "SSL Support"). */
export const SSL_MODES = ['disable', 'require', 'verify-ca', 'verify-full'] as const;
export type SslMode = (typeof SSL_MODES)[number];

/** A file of certificates, and what is in it: read once, where settings are read. */
export interface RootCertificate {
  /** Absolute; handed on to programs that read it themselves. */
  readonly path: string;
  readonly pem: string;
}

/** What a client is told about TLS: `false` for none. The certificate's name is looked for in it unless that is left out. */
export type TlsSettings =
  | false
  | { readonly rejectUnauthorized: boolean; readonly ca?: string; readonly checkServerIdentity?: () => undefined };

/** Chain and host name are checked (`verify-full`), the chain only (`verify-ca`), or nothing (`require` without a root). */
function tlsSettings({ sslmode = 'disable', sslrootcert }: Login): TlsSettings {
  const ca = sslrootcert ? { ca: sslrootcert.pem } : {};
  switch (sslmode) {
    case 'disable':
      return false;
    case 'verify-full':
      return { rejectUnauthorized: true, ...ca };
    case 'verify-ca':
      return { rejectUnauthorized: true, ...ca, checkServerIdentity: () => undefined };
    case 'require':
      // As libpq: whoever names a root wants it checked.
      return sslrootcert
        ? { rejectUnauthorized: true, ...ca, checkServerIdentity: () => undefined }
        : { rejectUnauthorized: false };
  }
}

/** What a PostgreSQL client has to be told to use a login. Contains the password. */
export function connectionSettings(
  login: Login,
): Omit<Login, 'sslmode' | 'sslrootcert'> & { readonly ssl: TlsSettings } {
  const { sslmode: _mode, sslrootcert: _root, ...settings } = login;
  return { ...settings, ssl: tlsSettings(login) };
}

/**
 * postgres:// URL of a login, as node-postgres reads it. Contains the password. node-postgres takes the weaker modes for
 * `verify-full` unless it is told otherwise, by a parameter that nobody else understands: see `libpqUrl`.
 */
export function loginUrl(login: Login): string {
  const isWeaker = login.sslmode === 'require' || login.sslmode === 'verify-ca';
  return withParameters(login, isWeaker ? ['uselibpqcompat=true', ...tlsParameters(login)] : tlsParameters(login));
}

/** postgres:// URL of a login for psql, pg_dump and whatever else is built on libpq. Contains the password. */
export function libpqUrl(login: Login): string {
  // Without a root libpq looks for a file in the person's home; its name for what Node does is `system` (since 16).
  const root = login.sslmode === 'verify-full' && !login.sslrootcert ? ['sslrootcert=system'] : [];
  return withParameters(login, [...tlsParameters(login), ...root]);
}

function tlsParameters({ sslmode = 'disable', sslrootcert }: Login): readonly string[] {
  if (sslmode === 'disable') return [];
  const root = sslrootcert ? [`sslrootcert=${encodeURIComponent(sslrootcert.path).replaceAll('%2F', '/')}`] : [];
  return [`sslmode=${sslmode}`, ...root];
}

function withParameters(login: Login, parameters: readonly string[]): string {
  const host = login.host.includes(':') ? `[${login.host}]` : login.host;
  const query = parameters.length === 0 ? '' : `?${parameters.join('&')}`;
  return `postgres://${encodeURIComponent(login.user)}:${encodeURIComponent(login.password)}@${host}:${login.port}/${encodeURIComponent(login.database)}${query}`;
}
