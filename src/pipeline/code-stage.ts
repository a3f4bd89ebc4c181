import type { ProjectFolder } from '../domain/project.ts';
import type { RemoteWishes } from '../domain/remote.ts';
import type { Needs } from '../ports/services.ts';
import { commitFirst } from './commit-step.ts';
import { repositoryOf } from './remote-plan.ts';

const BRANCH = 'main';

/** Where the code of a project is kept. */
export interface Published {
  readonly url: string;
  readonly branch: string;
  readonly commit: string;
  /** False when this very commit was there already. */
  readonly isNew: boolean;
}

/** Pushes the project to its repository, which is made when it is not there. Never by force. Throws `remote.*`. */
export async function codeStage(
  { project, directory }: ProjectFolder,
  wish: NonNullable<RemoteWishes['github']>,
  services: Needs<'remotes' | 'state' | 'repository' | 'workspace' | 'progress'>,
): Promise<Published> {
  const { remotes, state, repository: git } = services;
  const opened = await git.open(directory);
  if (opened.kind === 'none' || !opened.hasCommits) await commitFirst(directory, project.name, services);
  else if (opened.changed.length > 0) tellUncommitted(opened.changed, services);
  const host = await remotes.codeHost();
  const repository = await host.ensureRepository({
    ...repositoryOf(project, wish),
    isPrivate: !wish.isPublic,
    description: `${project.name}: a REST backend made by turbobackend`,
  });
  const place = {
    projectId: project.id,
    remote: 'github' as const,
    place: `${repository.owner}/${repository.name}`,
  };
  // A second time than by the plan: the owner is known for sure only now.
  await state.wishRemote({ ...place, details: { wish: JSON.stringify(wish) } });
  const branch = repository.created ? BRANCH : repository.defaultBranch || BRANCH;
  const { commit, isNew } = await host.push({ directory, repository, branch });
  await state.settleRemote({ ...place, details: { url: repository.url, branch, commit } });
  await state.recordActivity({ projectId: project.id, action: 'pushed', details: { url: repository.url, commit } });
  return { url: repository.url, branch, commit, isNew };
}

function tellUncommitted(paths: readonly string[], { progress }: Needs<'progress'>): void {
  const shown = paths.slice(0, 5).join(', ');
  const more = paths.length > 5 ? ` and ${paths.length - 5} more` : '';
  progress({ kind: 'warning', message: `Not committed, and therefore not pushed: ${shown}${more}` });
}
