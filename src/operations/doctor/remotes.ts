import { REMOTE_NAMES, REMOTE_TITLES, type RemoteCheck, writingSandboxName } from '../../domain/remote.ts';
import type { Needs } from '../../ports/services.ts';
import type { ProjectRecord } from '../../ports/state-records.ts';
import { checkRemotes } from '../check-remotes.ts';
import { type Checked, fault, guarded, sound } from './checked.ts';

export type RemoteNeeds = Needs<'remotes' | 'state' | 'runs' | 'owner'>;

/**
 * Tokens and scopes of what is configured, what killed runs left elsewhere, and sandboxes whose project
 * is gone. Makes nothing there.
 */
export async function checkElsewhere(services: RemoteNeeds): Promise<readonly Checked[]> {
  const [configured, missing] = [true, false].map((is) =>
    REMOTE_NAMES.filter((name) => services.remotes.isConfigured(name) === is),
  );
  const checks = await checkRemotes(configured ?? [], services);
  return [
    ...checks.map(asFinding),
    ...(missing ?? []).map((name) => sound(REMOTE_TITLES[name], 'no token is set, so it is not used')),
    ...(await guarded('elsewhere', () => checkRecords(services))),
    ...(configured?.includes('daytona') ? await guarded('Daytona', () => checkSandboxes(services)) : []),
  ];
}

function asFinding({ remote, name, passed, detail, hint }: RemoteCheck): Checked {
  const title = `${REMOTE_TITLES[remote]} ${name}`;
  return passed ? sound(title, detail) : fault(title, detail, hint ?? null);
}

/** What was begun and not finished, of one's own projects and of those that are gone. */
async function checkRecords(services: RemoteNeeds): Promise<readonly Checked[]> {
  const { state, owner, runs } = services;
  const [projects, records] = [await state.listProjects(), await state.listRemotes()];
  const others = new Set(projects.filter((project) => project.owner !== owner).map(({ id }) => id));
  const found: Checked[] = [];
  for (const { projectId, remote, place, status } of records) {
    const project = projects.find(({ id }) => id === projectId);
    if (others.has(projectId) || (project && status === 'there')) continue;
    const what = `${place} at ${REMOTE_TITLES[remote]}`;
    if (!project) found.push(fault('elsewhere', `${what} is left of a project that is gone`, null));
    else if ((await runs.find(projectId))?.holder) continue;
    else if (place === writingSandboxName(projectId) && project.status === 'ready')
      found.push(
        fault('elsewhere', `${what} of ${project.name} was not taken away`, 'It ends by itself within two hours.'),
      );
    else found.push(fault('elsewhere', `${what} of ${project.name} was begun and not finished`, nextStep(project)));
  }
  return found;
}

function nextStep({ id, status }: ProjectRecord): string {
  if (status === 'destroying') return `turbobackend destroy ${id}`;
  return status === 'creating'
    ? `turbobackend resume ${id}`
    : `turbobackend deploy --target fly, in its folder, or turbobackend undeploy ${id}`;
}

/** Sandboxes end by themselves; until then they cost. Somebody else's turbobackend may use the same organisation. */
async function checkSandboxes({ remotes, state }: RemoteNeeds): Promise<readonly Checked[]> {
  const machines = await remotes.machines();
  const projects = new Set((await state.listProjects()).map(({ id }) => id));
  const forsaken = (await machines.list()).filter(({ projectId }) => projectId === null || !projects.has(projectId));
  const fix = 'It ends by itself. Where nobody else uses this organisation, remove it in the dashboard of Daytona.';
  return forsaken.map(({ id, name, projectId }) => {
    const of = projectId === null ? 'no project' : `project ${projectId}, which this machine does not know`;
    return fault('Daytona', `sandbox ${name} (${id}) belongs to ${of}`, fix);
  });
}
