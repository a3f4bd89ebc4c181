import { isTurboError } from '../../../domain/errors.ts';
import type { RemoteCheck } from '../../../domain/remote.ts';
import type { RemoteAnswer, RemoteClient } from '../../shared/remote/contract.ts';
import { fieldOf, TOKEN_HINT } from './github-client.ts';

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
  return [check('token', true, `It belongs to ${login}${until}.`), checkScopes(answer.headers['x-oauth-scopes'])];
}

/** A classic token says its scopes. A fine-grained one does not, and there is no question that would make nothing. */
function checkScopes(said: string | undefined): RemoteCheck {
  if (said === undefined) {
    const wanted = 'Administration, Contents and Workflows: read and write, for all repositories of the account';
    return check('scope', true, `A fine-grained token does not say what it may do. It needs ${wanted}.`);
  }
  const scopes = said.split(',').map((scope) => scope.trim());
  const missing = ['repo', 'workflow'].filter((scope) => !scopes.includes(scope));
  if (missing.length === 0) return check('scope', true, 'It has the scopes repo and workflow.');
  // A project brings a workflow along, which GitHub takes from nobody else.
  return check('scope', false, `The token lacks the scope ${missing.join(' and the scope ')}.`, TOKEN_HINT);
}

function check(name: string, passed: boolean, detail: string, hint?: string): RemoteCheck {
  return { remote: 'github', name, passed, detail, ...(hint === undefined ? {} : { hint }) };
}
