import { databaseNames, type Environment, type Login, type LoginRole } from '../domain/database.ts';
import { isTurboError, TurboError } from '../domain/errors.ts';
import { assertSamePlace, passwordContext } from '../domain/provisioning.ts';
import type { Needs } from '../ports/services.ts';
import type { DatabaseRecord } from '../ports/state-records.ts';

/**
 * The login of one of a project's roles, with its password: for migrations (`mig`), the backend's `.env` (`app`) and
 * reading (`ro`). While a change of passwords is under way, or was cut, it is the one of old and new that logs in right
 * now. Throws `project.incomplete` before `provision` has finished, `cluster.denied` when neither logs in,
 * `secret.unreadable`, `cluster.*`.
 */
export async function openLogin(
  projectId: string,
  env: Environment,
  role: LoginRole,
  services: Needs<'cluster' | 'state' | 'vault' | 'sql'>,
): Promise<Login> {
  const { cluster, state, vault } = services;
  const { systemIdentifier } = await cluster.ensure();
  const record = await state.findDatabase(projectId, env);
  if (record?.desired !== 'present' || record.status !== 'ready') {
    throw notThere(projectId, env, record);
  }
  assertSamePlace(record, projectId, env, systemIdentifier);
  const names = databaseNames(projectId, env);
  const loginWith = async (secrets: DatabaseRecord['secrets']): Promise<Login> => ({
    // Host, port and how the connection is secured are the administrator's.
    ...cluster.adminLogin(names.database),
    database: names.database,
    user: names[role],
    password: await vault.open(secrets[role], passwordContext(projectId, env, role)),
  });
  if (record.nextSecrets === null) return loginWith(record.secrets);
  // The new one a second time: the server may have got it between the first two tries.
  for (const secrets of [record.nextSecrets, record.secrets, record.nextSecrets]) {
    const login = await loginWith(secrets);
    if (await isAccepted(login, services)) return login;
  }
  throw new TurboError('cluster.denied', `Neither the old nor the new password of ${names[role]} logs in.`, {
    hint: `turbobackend secrets rotate ${projectId} --env ${env}`,
    details: { projectId, env },
  });
}

function notThere(projectId: string, env: Environment, record: DatabaseRecord | null): TurboError {
  const flag = env === 'dev' ? '' : ` --env ${env}`;
  const details = { projectId, env, status: record?.status ?? null };
  const fail = (fate: string, hint: string) =>
    new TurboError('project.incomplete', `The ${env} database of project ${projectId} ${fate}.`, { hint, details });
  if (record?.desired === 'trashed')
    return fail('is in the trash', `turbobackend deprovision ${projectId}${flag} --undo`);
  if (record?.desired === 'absent') return fail('was taken away', `turbobackend provision${flag}, in its folder`);
  return fail('is not there yet', `turbobackend provision${flag}, in its folder`);
}

/** Only a wrong password is a no; that nobody can log in right now passes through. */
async function isAccepted(login: Login, { sql }: Needs<'sql'>): Promise<boolean> {
  try {
    const session = await sql.connect(login);
    await session.close();
    return true;
  } catch (error) {
    if (isTurboError(error, 'cluster.denied') && error.details?.state === '28P01') return false;
    throw error;
  }
}
