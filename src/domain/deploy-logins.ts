import type { Login } from './database.ts';
import { TurboError } from './errors.ts';

/** The logins of a database that a backend uses elsewhere. They hold passwords. */
export interface DeployLogins {
  readonly app: Login;
  /** Owns the tables; the same as `app` where there is only one login. */
  readonly migrations: Login;
}

const HERE =
  /^(localhost|.*\.localhost|.*\.local|0\.0\.0\.0|127\.\d+\.\d+\.\d+|169\.254\.\d+\.\d+|::1?|fe80:.*|\/.*)$/i;

/** A host that means another machine everywhere else, or none. */
export function isOnlyHere(host: string): boolean {
  return host === '' || HERE.test(host.replace(/^\[|\]$/g, ''));
}

/** Throws `usage.invalid`, without the login, when a machine elsewhere could not use it. */
export function assertUsableElsewhere(login: Login, where: string): void {
  if (isOnlyHere(login.host)) {
    throw new TurboError('usage.invalid', `${where} cannot reach the database: ${login.host} is this machine.`, {
      hint: WAY_OUT,
    });
  }
  if (login.sslrootcert) {
    throw new TurboError(
      'usage.invalid',
      `${where} has no file of root certificates, and the database's login names one.`,
      {
        hint: 'Use sslmode=verify-full without sslrootcert, for a certificate of a public authority, or sslmode=require.',
      },
    );
  }
}

/** What gives a deployment a database. */
export const WAY_OUT =
  'Put the URL of a PostgreSQL that is reachable from the internet into TURBOBACKEND_DATABASE_URL (or another variable: --database-url-env <name>), or use such a server for everything: DB_ADMIN_URL.';
