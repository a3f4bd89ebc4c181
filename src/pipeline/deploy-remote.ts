import type { DeployLogins } from '../domain/deploy-logins.ts';
import type { ProjectFolder } from '../domain/project.ts';
import type { RemotePlan, RemoteWishes } from '../domain/remote.ts';
import { assertRemotes } from '../operations/check-remotes.ts';
import { findApp } from '../operations/fly-app.ts';
import type { Needs, Services } from '../ports/services.ts';
import { buildProject } from './build-project.ts';
import { codeStage, type Published } from './code-stage.ts';
import { decideDatabase } from './deploy-secrets.ts';
import { exclusively } from './exclusive.ts';
import { passGate } from './gate.ts';
import { planRemotes } from './remote-plan.ts';
import { type RemotesDone, remoteStory } from './remote-story.ts';
import { assertAsPlanned, keepWishes } from './remote-wishes.ts';
import { type PhaseTime, watch } from './watch.ts';

export interface DeployRemoteOrder {
  readonly wish: NonNullable<RemoteWishes['fly']>;
  readonly database: DeployLogins | null;
  /** Without verification here, and in spite of what it found. */
  readonly force: boolean;
}

/**
 * What `deployRemote` would make. A project that is deployed already stays where it is, unless another app is named.
 * Throws `remote.denied` with every scope that is missing, `usage.invalid` without a database that can be reached.
 */
export async function planDeploy(
  folder: ProjectFolder,
  { wish, database }: DeployRemoteOrder,
  services: Needs<'remotes' | 'writers' | 'state' | 'cluster' | 'workspace'>,
): Promise<{ readonly wish: DeployRemoteOrder['wish']; readonly plan: RemotePlan }> {
  await assertRemotes(['fly'], services);
  await decideDatabase(folder, database, services);
  const known = await findApp(folder.project.id, services);
  const stays = wish.app === null && known !== null ? { ...wish, app: known.place } : wish;
  return { wish: stays, plan: await planRemotes(folder.project, { fly: stays }, services) };
}

/**
 * Builds, proves here, deploys and proves there, by the plan that somebody consented to. Nobody else may work on the
 * project meanwhile. Killed anywhere, the same call goes on. Throws `remote.changed`, `verify.failed`, `deploy.unhealthy`,
 * `migration.failed`, `remote.*`.
 */
export async function deployRemote(
  folder: ProjectFolder,
  { wish, database, force }: DeployRemoteOrder,
  plan: RemotePlan,
  services: Services,
): Promise<NonNullable<RemotesDone['fly']>> {
  const times: PhaseTime[] = [];
  const phase = watch((_name, work) => work(), services, times);
  const deploy = async (current: ProjectFolder) => {
    await assertAsPlanned(current.project, { fly: wish }, plan.hash, services);
    await phase('build', 'Build the server', () => buildProject(current, services));
    if (!force) await passGate(current, services);
    await keepWishes(current.project, { fly: wish }, plan, services);
    return remoteStory(current, { fly: wish }, database, phase, services);
  };
  // Neither does `create` or `destroy` work on it meanwhile, nor a command that changes what is deployed.
  const done = await services.runs.whileIdle(folder.project.id, () => exclusively(folder, services, deploy));
  if (!done.fly) throw new Error('the deployment has no result');
  return done.fly;
}

/** What `pushCode` would make. Throws `remote.denied`. */
export async function planPush(
  folder: ProjectFolder,
  wish: NonNullable<RemoteWishes['github']>,
  services: Needs<'remotes' | 'writers' | 'state'>,
): Promise<RemotePlan> {
  await assertRemotes(['github'], services);
  return planRemotes(folder.project, { github: wish }, services);
}

/** Pushes the code by the plan that somebody consented to; never by force. Throws `remote.*`. */
export async function pushCode(
  folder: ProjectFolder,
  wish: NonNullable<RemoteWishes['github']>,
  plan: RemotePlan,
  services: Services,
): Promise<Published> {
  return services.runs.whileIdle(folder.project.id, async () => {
    await assertAsPlanned(folder.project, { github: wish }, plan.hash, services);
    await keepWishes(folder.project, { github: wish }, plan, services);
    return codeStage(folder, wish, services);
  });
}
