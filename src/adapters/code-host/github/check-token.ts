import { isTurboError } from '../../../domain/errors.ts';
import type { RemoteCheck } from '../../../domain/remote.ts';
import type { RemoteAnswer, RemoteClient } from '../../shared/remote/contract.ts';
import { fieldOf, TOKEN_HINT } from './github-client.ts';
import { assertMayMake } from './try-rights.ts';

/** Whose token it is, and whether it may do what we do. Makes nothing. */
export async function checkToken(client: RemoteClient): Promise<readonly RemoteCheck[]> {
  let answer: RemoteAnswer;
  try {
    answer = await client.request({ method: 'GET', path: '/user', idempotent: true });
  } catch (error) {
    if (!isTurboError(error)) throw error;
    const { message: detail, hint } = error;
    return [check('token', false, detail, hint)];
  }
  const login = fieldOf(answer.json, 'login');
  if (typeof login !== 'string') return [check('token', false, 'What answered is not GitHub.')];
  const expires = answer.headers['github-authentication-token-expiration'];
  const until = expires === undefined ? '' : `, until ${expires}`;
  const scopes = answer.headers['x-oauth-scopes'];
  const rights = scopes === undefined ? await tryMaking(client, login) : checkScopes(scopes);
  return [check('token', true, `It belongs to ${login}${until}.`), rights];
}

/**
 * A fine-grained token does not say what it may do, but is refused what it may not. One that makes no repositories may
 * be right for one that is there, or for an organisation: which of them is meant is known to the plan, which asks again.
 */
async function tryMaking(client: RemoteClient, login: string): Promise<RemoteCheck> {
  const others = 'Contents and Workflows (read and write) are tried when the repository is known.';
  try {
    await assertMayMake(client, login, true);
    return check('scope', true, `It may make repositories for ${login}. ${others}`);
  } catch (error) {
    if (!isTurboError(error)) throw error;
    if (error.code !== 'remote.denied') return check('scope', false, error.message, error.hint);
    const lacks = `It may not make repositories for ${login}: Administration (read and write) is missing, or it is the token of an organisation.`;
    return check('scope', true, `${lacks} ${others}`);
  }
}

/** A classic token says its scopes. */
function checkScopes(said: string): RemoteCheck {
  const scopes = said.split(',').map((scope) => scope.trim());
  const missing = ['repo', 'workflow'].filter((scope) => !scopes.includes(scope));
  if (missing.length === 0) return check('scope', true, 'It has the scopes repo and workflow.');
  // A project brings a workflow along, which GitHub takes from nobody else.
  return check('scope', false, `The token lacks the scope ${missing.join(' and the scope ')}.`, TOKEN_HINT);
}

function check(name: string, passed: boolean, detail: string, hint?: string): RemoteCheck {
  return { remote: 'github', name, passed, detail, ...(hint === undefined ? {} : { hint }) };
}
