import { databaseNames, type Environment, type Login, type LoginRole } from '../domain/database.ts';
import { TurboError } from '../domain/errors.ts';
import { assertSamePlace, passwordContext } from '../domain/provisioning.ts';
import type { Needs } from '../ports/services.ts';

/**
 * The login of one of a project's roles, with its password: for migrations (`mig`), the backend's `.env` (`app`) and
 * reading (`ro`). Throws `project.incomplete` before `provision` has finished, `secret.unreadable`, `cluster.*`.
 */
export async function openLogin(
  projectId: string,
  env: Environment,
  role: LoginRole,
  { cluster, state, vault }: Needs<'cluster' | 'state' | 'vault'>,
): Promise<Login> {
  const { systemIdentifier } = await cluster.ensure();
  const record = await state.findDatabase(projectId, env);
  if (record?.desired !== 'present' || record.status !== 'ready') {
    throw new TurboError('project.incomplete', `Project ${projectId} has no ${env} database yet.`, {
      hint: 'turbobackend provision',
      details: { projectId, env, status: record?.status ?? null },
    });
  }
  assertSamePlace(record, projectId, env, systemIdentifier);
  const names = databaseNames(projectId, env);
  return {
    // Host, port and how the connection is secured are the administrator's.
    ...cluster.adminLogin(names.database),
    database: names.database,
    user: names[role],
    password: await vault.open(record.secrets[role], passwordContext(projectId, env, role)),
  };
}
