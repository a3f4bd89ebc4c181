import { TurboError } from '../../../domain/errors.ts';
import type { RemoteClient } from '../../shared/remote/contract.ts';

/** A commit that is nowhere: a branch cannot be made of it. */
const NO_COMMIT = '0'.repeat(40);

/**
 * Throws `remote.denied` with what is missing when the token may not make repositories for an account. Asked with a
 * name that cannot be one: who may not is refused for the right (403, 404), who may for the name, and nothing is made.
 */
export async function assertMayMake(client: RemoteClient, owner: string, isOwn: boolean): Promise<void> {
  const answer = await client.request({
    method: 'POST',
    path: isOwn ? '/user/repos' : `/orgs/${encodeURIComponent(owner)}/repos`,
    json: { name: '', private: true },
    idempotent: true,
    accept: isOwn ? [400, 422] : [400, 404, 422],
  });
  if (answer.status === 404) throw noOrganization(owner, answer.headers['x-accepted-oauth-scopes']);
}

/** The same of pushing to a repository that is there: asked with a branch of a commit that is not. */
export async function assertMayPush(client: RemoteClient, owner: string, name: string): Promise<void> {
  await client.request({
    method: 'POST',
    path: `/repos/${encodeURIComponent(owner)}/${encodeURIComponent(name)}/git/refs`,
    json: { ref: 'refs/heads/turbobackend-check', sha: NO_COMMIT },
    idempotent: true,
    // 409: there is no commit at all yet.
    accept: [400, 409, 422],
  });
}

/** An organisation that is not there, or not for this token; GitHub does not tell which. */
export function noOrganization(owner: string, scopes: string | undefined): TurboError {
  const message = scopes
    ? `The token may not make repositories for ${owner}: it lacks the scope ${scopes.replaceAll(', ', ' or ')}.`
    : `There is no organisation ${owner} in which the token may make repositories.`;
  return new TurboError('remote.denied', message, {
    hint: 'Name one of your own, or leave the owner out for your own account.',
    details: { remote: 'github', status: 404 },
  });
}
