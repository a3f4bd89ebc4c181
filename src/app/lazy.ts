import type { Config } from '../config.ts';
import type { Contract } from '../ports/contract.ts';
import type { Repository } from '../ports/repository.ts';
import type { Runs } from '../ports/runs.ts';

/** Services whose packages are heavy, and loaded at their first call. */

/** What starts git is loaded when there is something to commit. */
export function lazyRepository({ gitEnvironment }: Config): Repository {
  const load = async () => {
    const { gitRepository } = await import('../adapters/repository/git/git-repository.ts');
    return gitRepository({ environment: withoutProxies(gitEnvironment) });
  };
  return {
    open: async (directory) => (await load()).open(directory),
    commit: async (directory, order) => (await load()).commit(directory, order),
    begin: async (directory, order) => (await load()).begin(directory, order),
  };
}

/** A commit reaches nobody, and the address of a proxy may hold a password. */
function withoutProxies(environment: Config['gitEnvironment']): Config['gitEnvironment'] {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !/_proxy$/i.test(name)));
}

/** The validator is loaded when there is something to check. */
export const lazyContract: Contract = {
  open: async (document, options) => {
    const { ajvContract } = await import('../adapters/contract/ajv/ajv-contract.ts');
    return ajvContract().open(document, options);
  },
};

/** DBOS is the heaviest package we have: only a command that runs or forgets a run pays for it. */
export function lazyRuns(load: () => Promise<Runs>): Runs {
  let loaded: Promise<Runs> | null = null;
  const runs = () => {
    loaded ??= load();
    return loaded;
  };
  return {
    execute: async (projectId, body, options) => (await runs()).execute(projectId, body, options),
    list: async () => (await runs()).list(),
    find: async (projectId) => (await runs()).find(projectId),
    cancel: async (projectId) => (await runs()).cancel(projectId),
    whileIdle: async (projectId, work) => (await runs()).whileIdle(projectId, work),
    forget: async (projectId) => (await runs()).forget(projectId),
    close: async () => {
      if (loaded) await (await loaded).close();
    },
  };
}
