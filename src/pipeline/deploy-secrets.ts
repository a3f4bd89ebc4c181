import { assertUsableElsewhere, type DeployLogins, isOnlyHere, WAY_OUT } from '../domain/deploy-logins.ts';
import { environmentFiles, environmentValue } from '../domain/environment-file.ts';
import { TurboError } from '../domain/errors.ts';
import type { ProjectFolder } from '../domain/project.ts';
import type { ReconcileNeeds } from '../operations/reconcile-database.ts';
import { configure } from '../phases/configure.ts';
import type { Needs } from '../ports/services.ts';
import type { LoginNeeds } from './settle-logins.ts';
import { configureStage, needsDatabase, provisionStage } from './stages.ts';

const WHERE = 'A machine at Fly.io';
const { server: SERVER_FILE, migrations: MIGRATIONS_FILE } = environmentFiles('prod');

export type DatabaseNeeds = LoginNeeds & ReconcileNeeds & Needs<'workspace' | 'owner'>;

/** Which database a deployment uses. */
export type DeployDatabase = 'none' | 'given' | 'file' | 'cluster';

/**
 * Decides, before anything is made, where a deployment has its database: the logins that were given, those of
 * `.env.production`, or a database of the cluster when that is not on this machine. Throws `usage.invalid` with the ways
 * out when there is none that could be reached.
 */
export async function decideDatabase(
  folder: ProjectFolder,
  given: DeployLogins | null,
  services: Needs<'cluster' | 'state' | 'workspace'>,
): Promise<DeployDatabase> {
  if (!needsDatabase(folder.project)) return 'none';
  if (given) {
    assertUsableElsewhere(given.app, WHERE);
    assertUsableElsewhere(given.migrations, WHERE);
    return 'given';
  }
  const record = await services.state.findDatabase(folder.project.id, 'prod');
  const url = environmentValue((await services.workspace.read(folder.directory, SERVER_FILE)) ?? '', 'DATABASE_URL');
  if (record === null && url !== null) {
    const host = URL.canParse(url) ? new URL(url).hostname : '';
    if (isOnlyHere(host)) throw unreachable(`DATABASE_URL of ${SERVER_FILE} names this machine, or nothing`);
    return 'file';
  }
  if (services.cluster.kind === 'embedded') throw unreachable('the PostgreSQL of turbobackend is on this machine only');
  await services.cluster.ensure();
  assertUsableElsewhere(services.cluster.adminLogin('postgres'), WHERE);
  return 'cluster';
}

function unreachable(why: string): TurboError {
  return new TurboError('usage.invalid', `${WHERE} cannot reach the database: ${why}.`, { hint: WAY_OUT });
}

/**
 * Makes the database and `.env.production` with its logins, by what was decided, and gives what the server there is to
 * know: DATABASE_URL, MIGRATION_DATABASE_URL, APP_SECRET. Twice gives the same.
 */
export async function deploySecrets(
  folder: ProjectFolder,
  given: DeployLogins | null,
  services: DatabaseNeeds,
): Promise<Readonly<Record<string, string>>> {
  const decided = await decideDatabase(folder, given, services);
  if (decided === 'none') return {};
  const { directory, project } = folder;
  const withAccounts = (project.schema?.accounts ?? null) !== null;
  if (decided === 'given' && given) await configure({ directory, env: 'prod', ...given, withAccounts }, services);
  if (decided === 'cluster') {
    await provisionStage(folder, 'prod', services);
    await configureStage(folder, 'prod', services);
  }
  const read = async (file: string, name: string) =>
    environmentValue((await services.workspace.read(directory, file)) ?? '', name);
  const app = await read(SERVER_FILE, 'DATABASE_URL');
  const migrations = await read(MIGRATIONS_FILE, 'DATABASE_URL');
  const secret = await read(SERVER_FILE, 'APP_SECRET');
  if (app === null || (withAccounts && secret === null)) {
    throw new TurboError(
      'project.incomplete',
      `${SERVER_FILE} lacks ${app === null ? 'DATABASE_URL' : 'APP_SECRET'}.`,
      {
        hint: `Add it to ${SERVER_FILE}: APP_SECRET is at least 32 characters that nobody knows.`,
      },
    );
  }
  return {
    DATABASE_URL: app,
    MIGRATION_DATABASE_URL: migrations ?? app,
    ...(secret === null ? {} : { APP_SECRET: secret }),
  };
}
