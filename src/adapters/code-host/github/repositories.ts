import { TurboError } from '../../../domain/errors.ts';
import type { PlannedThing } from '../../../domain/remote.ts';
import type { RemoteRepository, RepositoryWish } from '../../../ports/code-host.ts';
import type { RemoteClient } from '../../shared/remote/contract.ts';
import { fieldOf, reasonsOf } from './github-client.ts';
import { assertMayMake, assertMayPush, noOrganization } from './try-rights.ts';

/** Requests that change something, one a second, as GitHub asks for. */
const PACED = { paceKey: 'changes', pace: { perSecond: 1, burst: 1 } } as const;

interface Found extends Omit<RemoteRepository, 'created'> {
  readonly isPrivate: boolean;
  readonly isArchived: boolean;
  readonly mayPush: boolean;
  /** Milliseconds. */
  readonly createdAt: number;
}

/** The repositories that a token can see, by the REST API. `serverUrl` is where they are pushed to. */
export function repositories(client: RemoteClient, serverUrl: string) {
  const loginOf = async (): Promise<string> => {
    const { json } = await client.request({ method: 'GET', path: '/user', idempotent: true });
    return textField(json, 'login');
  };

  /** Null when there is none that the token may see; `at` is when GitHub said so, in milliseconds. */
  const find = async (owner: string, name: string): Promise<{ readonly found: Found | null; readonly at: number }> => {
    const path = pathOf(owner, name);
    const answer = await client.request({ method: 'GET', path, idempotent: true, accept: [404] });
    const at = Date.parse(answer.headers.date ?? '');
    return { found: answer.status === 404 ? null : readRepository(answer.json, serverUrl), at };
  };

  return {
    async plan(wish: RepositoryWish): Promise<PlannedThing> {
      const login = await loginOf();
      const { owner, name } = await settle(wish, async () => login);
      const { found } = await find(owner, name);
      if (found) {
        assertUsable(found);
        await assertMayPush(client, owner, name);
      } else {
        await assertMayMake(client, owner, isSame(owner, login));
      }
      const detail = found === null ? '' : found.isPrivate ? 'private' : 'public';
      return {
        remote: 'github',
        kind: 'repository',
        name: `${owner}/${name}`,
        action: found ? 'adopt' : 'create',
        ...(detail === '' ? {} : { detail }),
        // https://docs.github.com/en/get-started/learning-about-github/githubs-plans: any number of private ones.
        monthlyUsd: new URL(serverUrl).host === 'github.com' ? 0 : null,
      };
    },

    async ensure(
      wish: RepositoryWish & { readonly isPrivate: boolean; readonly description: string },
    ): Promise<RemoteRepository> {
      const login = await loginOf();
      const { owner, name } = await settle(wish, async () => login);
      const before = await find(owner, name);
      if (before.found) return adopt(before.found, wish.isPrivate);
      const isOwn = isSame(owner, login);
      const { isPrivate, description } = wish;
      const made = await client.request({
        method: 'POST',
        path: isOwn ? '/user/repos' : `/orgs/${encodeURIComponent(owner)}/repos`,
        json: { name, private: isPrivate, description, auto_init: false },
        // The name makes it so: a second one is refused.
        idempotent: true,
        accept: isOwn ? [422] : [404, 422],
        ...PACED,
      });
      if (made.status < 300) return { ...published(readRepository(made.json, serverUrl)), created: true };
      if (made.status === 404) throw noOrganization(owner, made.headers['x-accepted-oauth-scopes']);
      const { found } = await find(owner, name);
      if (found === null) throw taken(owner, name, reasonsOf(made.json));
      // Our own request whose answer was lost, or somebody's who was quicker: younger than our look, it is new.
      const isNew = found.createdAt >= Math.floor(before.at / 1000) * 1000;
      return { ...adopt(found, isPrivate), created: isNew };
    },

    async remove({ owner, name }: { readonly owner: string; readonly name: string }): Promise<boolean> {
      const { found } = await find(owner, name);
      if (found === null) return false;
      const path = pathOf(owner, name);
      try {
        await client.request({ method: 'DELETE', path, idempotent: true, accept: [404], ...PACED });
      } catch (error) {
        if (!(error instanceof TurboError) || error.code !== 'remote.denied') throw error;
        throw new TurboError('remote.denied', `The token may not remove ${owner}/${name}: it stays.`, {
          hint: `Give it the scope delete_repo (fine-grained: Administration), or remove it at ${found.url}/settings.`,
          cause: error,
          ...(error.details === undefined ? {} : { details: error.details }),
        });
      }
      return true;
    },
  };
}

const isSame = (one: string, other: string) => one.toLowerCase() === other.toLowerCase();

const pathOf = (owner: string, name: string) => `/repos/${encodeURIComponent(owner)}/${encodeURIComponent(name)}`;

/** A name as GitHub keeps it: it would quietly make another one of what does not fit. */
async function settle(
  { owner, name }: RepositoryWish,
  login: () => Promise<string>,
): Promise<{ readonly owner: string; readonly name: string }> {
  const isName = /^[\w.-]{1,100}$/.test(name) && !/^\.{1,2}$|\.git$/i.test(name);
  const isOwner = owner === undefined || /^[A-Za-z0-9](?:[\w-]{0,38})$/.test(owner);
  if (isName && isOwner) return { owner: owner ?? (await login()), name };
  const wrong = isName ? owner : name;
  throw new TurboError(
    'name.invalid',
    `${JSON.stringify(wrong)} cannot be the name of a ${isName ? 'GitHub account' : 'repository'}.`,
    {
      hint: 'Up to 100 letters, digits, "-", "_" and "."; owner/name when it is not your own.',
    },
  );
}

function adopt(found: Found, isPrivate: boolean): RemoteRepository {
  assertUsable(found);
  if (isPrivate && !found.isPrivate) {
    throw new TurboError('remote.conflict', `${found.owner}/${found.name} is there, and everybody can read it.`, {
      hint: 'Make it private in its settings, choose another name, or say that the code may be public.',
      details: { remote: 'github' },
    });
  }
  return { ...published(found), created: false };
}

function assertUsable({ owner, name, mayPush, isArchived }: Found): void {
  if (mayPush && !isArchived) return;
  const why = isArchived ? 'is archived' : 'belongs to somebody else, or the token may not push to it';
  throw new TurboError('remote.conflict', `${owner}/${name} ${why}.`, {
    hint: 'Choose another name.',
    details: { remote: 'github' },
  });
}

function published({ owner, name, url, cloneUrl, defaultBranch }: Found): Omit<RemoteRepository, 'created'> {
  return { owner, name, url, cloneUrl, defaultBranch };
}

/** It is there, and the token does not see it: a fine-grained one that was given for other repositories. */
function taken(owner: string, name: string, reasons: readonly string[]): TurboError {
  return new TurboError('remote.conflict', `GitHub does not make ${owner}/${name}: ${reasons.join('; ')}.`, {
    hint: 'Choose another name, or give the token the right to see this repository.',
    details: { remote: 'github', status: 422 },
  });
}

function readRepository(json: unknown, serverUrl: string): Found {
  const owner = textField(fieldOf(json, 'owner'), 'login');
  const name = textField(json, 'name');
  const branch = fieldOf(json, 'default_branch');
  return {
    owner,
    name,
    url: `${serverUrl}/${owner}/${name}`,
    // Not the one that is answered: the token goes where it was configured for.
    cloneUrl: `${serverUrl}/${owner}/${name}.git`,
    defaultBranch: typeof branch === 'string' && branch !== '' ? branch : 'main',
    isPrivate: fieldOf(json, 'private') === true,
    isArchived: fieldOf(json, 'archived') === true,
    mayPush: fieldOf(fieldOf(json, 'permissions'), 'push') === true,
    createdAt: Date.parse(textField(json, 'created_at')),
  };
}

function textField(json: unknown, name: string): string {
  const value = fieldOf(json, name);
  if (typeof value === 'string' && value !== '') return value;
  throw new TurboError('remote.unusable', `What answered is not GitHub: it gave no ${name}.`, {
    hint: 'Correct GITHUB_API_URL.',
    details: { remote: 'github' },
  });
}
