import type { Environment, LoginRole } from '../domain/database.ts';
import { isTurboError } from '../domain/errors.ts';
import type { Needs } from '../ports/services.ts';
import { SqlError } from '../ports/sql.ts';
import type { DatabaseRecord } from '../ports/state-records.ts';
import { openLogin } from './open-login.ts';

/**
 * Why a login of a project does not work right now, in a sentence without its password; null when it does. Tried, not
 * looked up: a role may have changed its own password behind our back.
 */
export async function loginProblem(
  projectId: string,
  role: LoginRole,
  services: Needs<'cluster' | 'state' | 'vault' | 'sql'>,
  env: Environment = 'dev',
): Promise<string | null> {
  try {
    const session = await services.sql.connect(await openLogin(projectId, env, role, services));
    await session.close();
    return null;
  } catch (error) {
    if (isTurboError(error) || error instanceof SqlError) return error.message;
    throw error;
  }
}

/**
 * A change of passwords that somebody began and nobody finished yet, in a sentence with the command that does; null when
 * there is none. One that runs right now looks the same for the moment it takes.
 */
export function rotationProblem({ projectId, env, rotation }: DatabaseRecord): string | null {
  if (rotation === null) return null;
  const done =
    rotation === 'roles' ? 'the logins may have the old or the new ones' : 'the .env or the server has old ones';
  return `A change of the ${env} passwords was cut (${done}): turbobackend secrets rotate ${projectId} --env ${env}`;
}
