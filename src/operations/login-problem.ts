import type { LoginRole } from '../domain/database.ts';
import { isTurboError } from '../domain/errors.ts';
import type { Needs } from '../ports/services.ts';
import { SqlError } from '../ports/sql.ts';
import { openLogin } from './open-login.ts';

/**
 * Why a login of a project does not work right now, in a sentence without its password; null when it does. Tried, not
 * looked up: a role may have changed its own password behind our back.
 */
export async function loginProblem(
  projectId: string,
  role: LoginRole,
  services: Needs<'cluster' | 'state' | 'vault' | 'sql'>,
): Promise<string | null> {
  try {
    const session = await services.sql.connect(await openLogin(projectId, 'dev', role, services));
    await session.close();
    return null;
  } catch (error) {
    if (isTurboError(error) || error instanceof SqlError) return error.message;
    throw error;
  }
}
