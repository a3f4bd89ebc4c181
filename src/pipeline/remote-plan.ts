import {
  appName,
  type PlannedThing,
  type RemotePlan,
  type RemoteWishes,
  remotePlan,
  sandboxName,
  writingSandboxName,
} from '../domain/remote.ts';
import type { Needs } from '../ports/services.ts';
import { RESOURCES } from './remote-workspace.ts';

/** Who is planned for. */
export type Planned = { readonly id: string; readonly name: string };

/** What would be made at the remotes that are wished, by what is there now. Only reads. Throws `remote.*`. */
export async function planRemotes(
  project: Planned,
  wishes: RemoteWishes,
  { remotes, writers }: Needs<'remotes' | 'writers'>,
): Promise<RemotePlan> {
  const { daytona, fly, github, s3 } = wishes;
  const found: readonly (readonly PlannedThing[])[] = await Promise.all([
    daytona
      ? (await remotes.machines()).plan({ projectId: project.id, name: sandboxName(project.id), resources: RESOURCES })
      : [],
    daytona && (await writers.find()) !== null ? await writingThing(project, remotes) : [],
    github ? (await remotes.codeHost()).plan(repositoryOf(project, github)) : [],
    s3 ? [await bucketThing(s3.bucket, remotes)] : [],
    fly ? (await remotes.target()).plan({ projectId: project.id, app: appOf(project, fly), region: fly.region }) : [],
  ]);
  return remotePlan(found.flat());
}

/** The app of a project at Fly.io. */
export function appOf(project: Planned, wish: NonNullable<RemoteWishes['fly']>): string {
  return wish.app ?? appName(project);
}

/** The repository of a project. */
export function repositoryOf(
  project: Planned,
  { owner, name }: NonNullable<RemoteWishes['github']>,
): { readonly name: string; readonly owner?: string } {
  return { name: name ?? appName(project).slice(0, -9), ...(owner === null ? {} : { owner }) };
}

/** It comes and goes before the rest is made: what a killed run left of it changes no plan. */
async function writingThing({ id }: Planned, remotes: Needs<'remotes'>['remotes']): Promise<readonly PlannedThing[]> {
  const order = { projectId: id, name: writingSandboxName(id), resources: RESOURCES };
  const things = await (await remotes.machines()).plan(order);
  const detail = 'where what a model writes is tried; taken away afterwards';
  return things.map((thing) => ({ ...thing, action: 'create', detail }));
}

async function bucketThing(bucket: string, remotes: Needs<'remotes'>['remotes']): Promise<PlannedThing> {
  const store = await remotes.objects(bucket);
  return {
    remote: 's3',
    kind: 'objects',
    name: store.bucket,
    action: 'update',
    detail: 'the files of the project; billed by what lies there',
    monthlyUsd: null,
  };
}
