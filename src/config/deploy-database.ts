import type { DeployLogins } from '../domain/deploy-logins.ts';
import { TurboError } from '../domain/errors.ts';
import { parseDatabaseUrl } from './cluster-settings.ts';

/** Where the logins of a deployment's database stand, unless somebody names other variables. */
const DEPLOY_VARIABLES = {
  app: 'TURBOBACKEND_DATABASE_URL',
  migrations: 'TURBOBACKEND_MIGRATION_DATABASE_URL',
} as const;

/**
 * The logins that the environment gives for the database of a deployment; null when it gives none. A named variable that
 * is not set, and one that is no URL, is `config.invalid`; neither is repeated.
 */
export function deployLogins(
  variable: (name: string) => string | undefined,
  named: { readonly app?: string | undefined; readonly migrations?: string | undefined },
  cwd: string,
): DeployLogins | null {
  const read = (name: string | undefined, usual: string) => {
    const setting = name ?? usual;
    const text = variable(setting);
    if (text !== undefined) return parseDatabaseUrl(text, setting, { mode: null, root: null }, cwd);
    if (name === undefined) return null;
    throw new TurboError('config.invalid', `The variable ${setting} is not set.`, {
      hint: `Put the URL of the database into it: ${setting}=postgres://…`,
    });
  };
  const app = read(named.app, DEPLOY_VARIABLES.app);
  const migrations = read(named.migrations, DEPLOY_VARIABLES.migrations);
  return app === null ? null : { app, migrations: migrations ?? app };
}
