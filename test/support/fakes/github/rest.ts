import type { Reply } from '../faults.ts';
import { answer, failure, fullRepository, invalid, privateUser } from './answers.ts';
import { type FakeToken, may } from './tokens.ts';
import { keyOf, type World } from './world.ts';

/** A request whose token is known. */
export interface Asked {
  readonly token: FakeToken;
  readonly body: Buffer;
  /** Parts of the path, behind the API's own. */
  readonly path: readonly string[];
}

/** What GitHub says to an operation, by its rules. */
export function carryOut(operation: string, asked: Asked, world: World): Reply {
  const { token, path } = asked;
  switch (operation) {
    case 'GET /user':
      return token.isInstallation
        ? failure(403, 'Resource not accessible by integration')
        : answer(200, privateUser(token.login, world.addresses));
    case 'GET /repos':
      return readRepository(asked, world);
    case 'POST /user/repos':
      return createRepository(token.login, asked, world);
    case 'POST /orgs': {
      const organization = token.organizations?.find((own) => own.toLowerCase() === path[1]?.toLowerCase());
      return organization === undefined ? failure(404, 'Not Found') : createRepository(organization, asked, world);
    }
    case 'POST /repos':
      return createBranch(asked, world);
    case 'DELETE /repos':
      return deleteRepository(asked, world);
    default:
      return failure(404, 'Not Found');
  }
}

function readRepository({ token, path: [, owner = '', name = ''] }: Asked, world: World): Reply {
  const repository = world.find(owner, name);
  const id = world.renamed.get(keyOf(owner, name));
  if (!repository && id !== undefined) {
    const url = `${world.addresses.api}/repositories/${id}`;
    return answer(301, { message: 'Moved Permanently', url, documentation_url: 'https://docs' }, { location: url });
  }
  const isSeen = repository && (!repository.isPrivate || (world.isOwn(token, repository) && may(token, 'read')));
  if (!repository || !isSeen) return failure(404, 'Not Found');
  return answer(200, fullRepository(repository, world.addresses, { isOwn: world.isOwn(token, repository) }));
}

function createRepository(owner: string, { token, body }: Asked, world: World): Reply {
  const wish: Readonly<Record<string, unknown>> = JSON.parse(body.toString());
  const isPrivate = wish.private === true;
  if (!may(token, isPrivate ? 'create-private' : 'create-public')) {
    // A classic token without the scope is told that there is nothing; a fine-grained one is told what it lacks.
    return token.scopes
      ? failure(404, 'Not Found', { 'x-accepted-oauth-scopes': isPrivate ? 'repo' : 'public_repo, repo' })
      : failure(403, 'Resource not accessible by personal access token', {
          'x-accepted-github-permissions': 'administration=write',
        });
  }
  if (wish.name === '')
    return invalid('Repository creation failed.', 'name', 'name is too short (minimum is 1 character)');
  const name = String(wish.name).replace(/[^\w.-]+/g, '-');
  if (world.find(owner, name)) {
    return invalid('Repository creation failed.', 'name', 'name already exists on this account');
  }
  world.add(owner, name, { isPrivate, description: typeof wish.description === 'string' ? wish.description : null });
  const made = world.find(owner, name);
  if (!made) throw new Error('it was just made');
  return answer(201, fullRepository(made, world.addresses, { isOwn: true }));
}

/** A branch by the REST API: nobody here knows the commit that it is asked for with. */
function createBranch({ token, path: [, owner = '', name = '', ...room] }: Asked, world: World): Reply {
  const repository = world.find(owner, name);
  const isSeen = repository && (!repository.isPrivate || (world.isOwn(token, repository) && may(token, 'read')));
  if (!isSeen || room.join('/') !== 'git/refs') return failure(404, 'Not Found');
  if (!world.isOwn(token, repository) || !may(token, 'push')) {
    const lacks = token.scopes
      ? {}
      : { 'x-accepted-github-permissions': 'contents=write; contents=write,workflows=write' };
    return failure(403, 'Resource not accessible by personal access token', lacks);
  }
  return world.hasCommits(repository)
    ? answer(422, { message: 'Object does not exist', documentation_url: 'https://docs' })
    : failure(409, 'Git Repository is empty.');
}

function deleteRepository({ token, path: [, owner = '', name = ''] }: Asked, world: World): Reply {
  const repository = world.find(owner, name);
  if (!repository || !world.isOwn(token, repository)) return failure(404, 'Not Found');
  if (!may(token, 'delete')) {
    return answer(403, { message: 'Must have admin rights to Repository.', documentation_url: 'https://docs' });
  }
  world.remove(owner, name);
  return { status: 204 };
}
