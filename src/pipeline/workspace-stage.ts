import type { DeployLogins } from '../domain/deploy-logins.ts';
import type { ProjectFolder } from '../domain/project.ts';
import { type RemoteWishes, sandboxName } from '../domain/remote.ts';
import type { Needs } from '../ports/services.ts';
import { remoteWorkspace, type WorkspaceDone } from './remote-workspace.ts';

type StageNeeds = Parameters<typeof remoteWorkspace>[3] & Needs<'state'>;

/**
 * Tries a project in a sandbox of its own, with a database of its own inside unless one is given, and takes the sandbox
 * away again unless it is to be kept. What is kept is written down, and stops and goes by itself. Throws what `remoteWorkspace` throws.
 */
export async function workspaceStage(
  folder: ProjectFolder,
  wish: NonNullable<RemoteWishes['daytona']>,
  database: DeployLogins | null,
  services: StageNeeds,
): Promise<WorkspaceDone> {
  const { state, remotes } = services;
  const projectId = folder.project.id;
  const place = { projectId, remote: 'daytona' as const, place: sandboxName(projectId) };
  await state.wishRemote({ ...place, details: { wish: JSON.stringify(wish) } });
  const done = await remoteWorkspace(folder, wish, database, services);
  const details = { sandbox: done.sandbox, tests: done.tests };
  await state.recordActivity({ projectId, action: 'tried in a sandbox', details });
  if (wish.keep) {
    await state.settleRemote({ ...place, details: { url: done.url } });
    return done;
  }
  const machines = await remotes.machines();
  const sandbox = await machines.find(projectId);
  if (sandbox) await machines.remove(sandbox.id);
  await state.forgetRemote(place);
  return done;
}
