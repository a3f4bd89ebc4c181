import type { CodeHost } from '../../../ports/code-host.ts';
import { checkToken } from './check-token.ts';
import { githubClient } from './github-client.ts';
import type { GithubOptions } from './options.ts';
import { pushTo } from './push.ts';
import { repositories } from './repositories.ts';

/** Repositories at GitHub, or at a server that speaks like it. */
export function githubHost(options: GithubOptions): CodeHost {
  const client = githubClient(options);
  const { plan, ensure, remove } = repositories(client, options.serverUrl);
  return {
    name: 'github',
    check: () => checkToken(client),
    plan: async (wish) => [await plan(wish)],
    ensureRepository: ensure,
    push: pushTo(options),
    remove,
  };
}
