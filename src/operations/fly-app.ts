import { TurboError } from '../domain/errors.ts';
import type { RemoteDeployment } from '../ports/remote-target.ts';
import type { Needs } from '../ports/services.ts';
import type { ProjectRecord, RemoteRecord } from '../ports/state-records.ts';

type Named = Pick<ProjectRecord, 'id' | 'name'>;

/** Where a project is deployed at Fly.io, as it was written down; null when it never was. */
export async function findApp(projectId: string, { state }: Needs<'state'>): Promise<RemoteRecord | null> {
  const records = await state.listRemotes(projectId);
  return records.findLast(({ remote }) => remote === 'fly') ?? null;
}

/** Like `findApp`. Throws `project.incomplete` when it never was deployed there. */
export async function appOfProject({ id, name }: Named, services: Needs<'state'>): Promise<RemoteRecord> {
  const found = await findApp(id, services);
  if (found) return found;
  throw new TurboError('project.incomplete', `${name} is not deployed to Fly.io.`, {
    hint: 'turbobackend deploy --target fly, in its folder',
  });
}

/** More or fewer machines, or larger ones. Nobody else may work on the project meanwhile: `run.locked`. */
export async function scaleApp(
  project: Named,
  wish: { readonly count?: number; readonly memoryMb?: number; readonly cpus?: number },
  services: Needs<'state' | 'remotes' | 'runs'>,
): Promise<RemoteDeployment> {
  const { place } = await appOfProject(project, services);
  const deployment = await services.runs.whileIdle(project.id, async () =>
    (await services.remotes.target()).scale(place, wish),
  );
  await services.state.recordActivity({ projectId: project.id, action: 'scaled', details: { ...wish } });
  return deployment;
}

/** Back to the version before; what its migrations made stays. Throws `deploy.not_running` when there is none. */
export async function rollbackApp(
  project: Named,
  services: Needs<'state' | 'remotes' | 'runs'>,
): Promise<RemoteDeployment> {
  const app = await appOfProject(project, services);
  const deployment = await services.runs.whileIdle(project.id, async () =>
    (await services.remotes.target()).rollback(app.place),
  );
  const { projectId, remote, place } = app;
  await services.state.settleRemote({ projectId, remote, place, details: { version: deployment.version } });
  await services.state.recordActivity({
    projectId: project.id,
    action: 'rolled back',
    details: { version: deployment.version },
  });
  return deployment;
}
