import type { DeployLogins } from '../domain/deploy-logins.ts';
import type { ProjectFolder } from '../domain/project.ts';
import type { RemoteWishes } from '../domain/remote.ts';
import { type PushedFiles, pushFiles } from '../operations/push-files.ts';
import type { Services } from '../ports/services.ts';
import { codeStage, type Published } from './code-stage.ts';
import { flyStage } from './fly-stage.ts';
import { type DeploymentProof, proveDeployment } from './prove-deployment.ts';
import type { WorkspaceDone } from './remote-workspace.ts';
import type { WatchedStep } from './watch.ts';
import { workspaceStage } from './workspace-stage.ts';

/** What `create` did elsewhere; never a secret. */
export interface RemotesDone {
  readonly daytona?: WorkspaceDone;
  readonly github?: Published;
  readonly s3?: PushedFiles;
  readonly fly?: {
    readonly app: string;
    readonly url: string;
    readonly region: string;
    readonly machines: number;
    readonly proof: DeploymentProof;
  };
}

/**
 * Puts a project that is built and proven here where it was wished to be, each a step of the run: tried in a sandbox,
 * its code and files kept, deployed, and proven where it is deployed. All of it may be repeated.
 */
export async function remoteStory(
  folder: ProjectFolder,
  wishes: RemoteWishes,
  database: DeployLogins | null,
  phase: WatchedStep,
  services: Services,
): Promise<RemotesDone> {
  const { daytona, github, s3, fly } = wishes;
  const tried = daytona
    ? await phase('daytona', 'Try it in a sandbox', () =>
        workspaceStage(folder, daytona, fly ? null : database, services),
      )
    : null;
  const published = github
    ? await phase('github', 'Push the code to GitHub', () => codeStage(folder, github, services))
    : null;
  const saved = s3 ? await phase('s3', 'Keep the files in S3', () => pushFiles(folder, s3.bucket, services)) : null;
  const deployed = fly ? await publish(folder, fly, database, phase, services) : null;
  return {
    ...(tried ? { daytona: tried } : {}),
    ...(published ? { github: published } : {}),
    ...(saved ? { s3: saved } : {}),
    ...(deployed ? { fly: deployed } : {}),
  };
}

async function publish(
  folder: ProjectFolder,
  wish: NonNullable<RemoteWishes['fly']>,
  database: DeployLogins | null,
  phase: WatchedStep,
  services: Services,
): Promise<NonNullable<RemotesDone['fly']>> {
  const { app, url, machines } = await phase('fly', 'Deploy to Fly.io', () =>
    flyStage(folder, wish, database, services),
  );
  const proof = await phase('proof', 'Prove the deployment', () => proveDeployed(folder, url, services));
  return { app, url, region: wish.region, machines: machines.length, proof };
}

/** What was deployed is green only when it withstands this. */
function proveDeployed(folder: ProjectFolder, url: string, services: Services): Promise<DeploymentProof> {
  return proveDeployment(folder, url, `turbobackend rollback ${folder.project.id}`, services);
}
