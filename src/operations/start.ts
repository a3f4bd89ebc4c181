import type { Deployment } from '../domain/deployment.ts';
import type { Needs } from '../ports/services.ts';
import type { ProjectRecord } from '../ports/state-store.ts';

/** Makes a built project run: PostgreSQL first, then its server; one that runs and answers is left as it is. */
export async function start(
  project: Pick<ProjectRecord, 'id' | 'directory'>,
  services: Needs<'cluster' | 'target' | 'state'>,
): Promise<{ readonly deployment: Deployment; readonly wasRunning: boolean }> {
  await services.cluster.ensure();
  const before = await services.target.inspect(project.id);
  if (before?.status === 'running') return { deployment: before, wasRunning: true };
  const deployment = await services.target.start({ projectId: project.id, directory: project.directory });
  await services.state.recordDeployment(deployment, project.directory);
  await services.state.recordActivity({ projectId: project.id, action: 'started', details: { url: deployment.url } });
  return { deployment, wasRunning: false };
}
