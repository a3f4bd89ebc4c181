import { type Environment, LOGIN_ROLES } from '../domain/database.ts';
import { environmentFiles } from '../domain/environment-file.ts';
import { TurboError } from '../domain/errors.ts';
import { passwordContext } from '../domain/provisioning.ts';
import { findApp } from '../operations/fly-app.ts';
import { keepDatabase } from '../operations/keep-database.ts';
import { readManifest } from '../operations/manifest.ts';
import type { DatabaseRecord, ProjectRecord } from '../ports/state-records.ts';
import { type LoginNeeds, type OnStep, settleLogins } from './settle-logins.ts';

export interface Rotated {
  readonly env: Environment;
  readonly database: string;
  /** Names of the files with the new passwords, in the project's folder. */
  readonly files: readonly string[];
  /** A server of the project ran here, and was replaced by one with the new password. */
  readonly serverReplaced: boolean;
  /** A change that was cut earlier was finished; no second one was made. */
  readonly resumed: boolean;
}

export interface RotateOptions {
  /** Also when the old passwords were sealed with a key that is not here: it is lost, or this is the wrong one. */
  readonly replaceUnreadable?: boolean;
  readonly onStep?: OnStep;
}

/**
 * Gives the three logins of a project new passwords in each of these environments, and brings them to where they are
 * used. Sealed and written down before any role has them: killed at any instant, old or new ones are readable and log
 * in, and the next call finishes the change. Damaged old ones are no hindrance. Throws, before anything is changed,
 * `project.incomplete` when there is no such database, `project.not_found` when the project's folder is not here, and
 * `secret.unreadable` for a key that is not here.
 */
export async function rotatePasswords(
  project: Pick<ProjectRecord, 'id' | 'name' | 'directory'>,
  envs: readonly Environment[] | 'all',
  services: LoginNeeds,
  options: RotateOptions = {},
): Promise<readonly Rotated[]> {
  const records = await chooseDatabases(project, envs, services);
  if (!options.replaceUnreadable) for (const record of records) await refuseForeignKey(record, services);
  const manifest = await readManifest(project.directory, services);
  if (manifest?.id !== project.id) {
    throw new TurboError(
      'project.not_found',
      `The folder of ${project.name} (${project.directory}) is not here: its .env could not get the new passwords.`,
      { hint: 'Run it where the folder is, or bring the folder back.', details: { projectId: project.id } },
    );
  }
  const rotated: Rotated[] = [];
  for (const record of records) rotated.push(await rotateOne(project, record, services, options));
  if (rotated.some(({ env }) => env === 'prod')) await tellDeployed(project, services);
  return rotated;
}

/** A server elsewhere has its passwords from a deployment. */
async function tellDeployed({ id }: Pick<ProjectRecord, 'id'>, services: LoginNeeds): Promise<void> {
  const app = await findApp(id, services);
  if (app === null) return;
  const message = `${app.place} at Fly.io still has the old passwords: turbobackend deploy --target fly, in its folder`;
  services.progress({ kind: 'warning', message });
}

/** New passwords under a key that came here by mistake would be lost to everybody with the right one. */
async function refuseForeignKey({ projectId, env, secrets }: DatabaseRecord, { vault }: LoginNeeds): Promise<void> {
  const { sealing, opening } = await vault.keys();
  for (const role of LOGIN_ROLES) {
    const keyId = vault.keyIdOf(secrets[role]);
    if (keyId !== null && keyId !== sealing && !opening.includes(keyId))
      await vault.open(secrets[role], passwordContext(projectId, env, role));
  }
}

async function chooseDatabases(
  { id, name }: Pick<ProjectRecord, 'id' | 'name'>,
  envs: readonly Environment[] | 'all',
  { state }: LoginNeeds,
): Promise<readonly DatabaseRecord[]> {
  const isReady = ({ desired, status }: DatabaseRecord) => desired === 'present' && status === 'ready';
  const records = (await state.listDatabases(id)).filter(isReady);
  const missing = envs === 'all' ? [] : envs.filter((env) => records.every((record) => record.env !== env));
  if (records.length === 0 || missing[0]) {
    const env = missing[0] ?? 'dev';
    throw new TurboError('project.incomplete', `${name} has no ${env} database that is ready.`, {
      hint: `turbobackend status ${id}`,
      details: { projectId: id, env },
    });
  }
  return records.filter(({ env }) => envs === 'all' || envs.includes(env));
}

async function rotateOne(
  project: Pick<ProjectRecord, 'id' | 'directory'>,
  { env, databaseName, rotation }: DatabaseRecord,
  services: LoginNeeds,
  { onStep }: RotateOptions,
): Promise<Rotated> {
  const order = { projectId: project.id, env, renewPasswords: true } as const;
  await keepDatabase(onStep ? { ...order, onStep } : order, services);
  const { serverReplaced } = await settleLogins(project, env, services, onStep);
  const { server, migrations } = environmentFiles(env);
  await services.state.recordActivity({ projectId: project.id, action: 'passwords-rotated', details: { env } });
  return { env, database: databaseName, files: [server, migrations], serverReplaced, resumed: rotation !== null };
}
