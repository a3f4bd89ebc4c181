import type { Deployment } from '../domain/deployment.ts';
import type { Needs } from '../ports/services.ts';
import type { ProjectRecord } from '../ports/state-records.ts';

/**
 * Makes a deployed project run again: PostgreSQL first, then its server; one that runs and answers is left as it is. What
 * was built since, by a verification say, is not started: that takes `deploy`. Throws `project.incomplete` when nothing
 * was ever deployed.
 */
export async function start(
  project: Pick<ProjectRecord, 'id' | 'directory'>,
  services: Needs<'cluster' | 'target' | 'state'>,
): Promise<{ readonly deployment: Deployment; readonly wasRunning: boolean }> {
  await services.cluster.ensure();
  const before = await services.target.inspect(project.id);
  if (before?.status === 'running') return { deployment: before, wasRunning: true };
  const deployment = await services.target.startAgain({ projectId: project.id, directory: project.directory });
  await services.state.recordDeployment(deployment, project.directory);
  await services.state.recordActivity({ projectId: project.id, action: 'started', details: { url: deployment.url } });
  return { deployment, wasRunning: false };
}
