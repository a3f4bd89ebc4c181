import type { DeployLogins } from '../domain/deploy-logins.ts';
import { MIGRATIONS_FOLDER } from '../domain/migration.ts';
import type { ProjectFolder } from '../domain/project.ts';
import type { RemoteWishes } from '../domain/remote.ts';
import { fingerprint } from '../operations/fingerprint.ts';
import type { RemoteDeployment } from '../ports/remote-target.ts';
import type { Needs } from '../ports/services.ts';
import type { FileTree } from '../ports/workspace.ts';
import { type DatabaseNeeds, deploySecrets } from './deploy-secrets.ts';
import { appOf } from './remote-plan.ts';
import { needsDatabase } from './stages.ts';

const MIGRATE_SCRIPT = 'scripts/migrate.mjs';
const OUTPUT = '.output';
const PORT = '8080';

export type FlyNeeds = DatabaseNeeds & Needs<'remotes' | 'builder' | 'progress'>;

/**
 * Runs the build as it is now at Fly.io, with its migrations first; the same build is not deployed twice. Throws
 * `deploy.unhealthy`, `migration.failed`, `remote.*`.
 */
export async function flyStage(
  folder: ProjectFolder,
  wish: NonNullable<RemoteWishes['fly']>,
  database: DeployLogins | null,
  services: FlyNeeds,
): Promise<RemoteDeployment> {
  const { project, directory } = folder;
  const { state, progress, remotes } = services;
  const app = appOf(project, wish);
  const place = { projectId: project.id, remote: 'fly' as const, place: app };
  const target = await remotes.target();
  const secrets = await deploySecrets(folder, database, services);
  const version = await fingerprint(directory, services);
  await state.wishRemote({ ...place, details: { wish: JSON.stringify(wish), region: wish.region } });
  const deployment = await target.deploy(
    {
      projectId: project.id,
      name: project.name,
      app,
      region: wish.region,
      files: await deployedFiles(folder, services),
      environment: { NODE_ENV: 'production', HOST: '0.0.0.0', PORT },
      secrets,
      version,
    },
    (message) => progress({ kind: 'note', message }),
  );
  await state.settleRemote({ ...place, details: { url: deployment.url, version } });
  const details = { target: 'fly', url: deployment.url };
  await state.recordActivity({ projectId: project.id, action: 'deployed', details });
  return deployment;
}

/** What runs there: the build, and where there is a database its migrations with the script that applies them. */
async function deployedFiles({ directory, project }: ProjectFolder, services: FlyNeeds): Promise<FileTree> {
  const { workspace, builder } = services;
  const server = await workspace.readTree(directory, OUTPUT);
  if (!needsDatabase(project)) return server;
  const migrations = await workspace.readTree(directory, MIGRATIONS_FOLDER);
  // The way back is taken by people, from here.
  const forth = Object.entries(migrations).filter(([path]) => path.split('/').length === 2);
  return { ...server, ...Object.fromEntries(forth), [MIGRATE_SCRIPT]: await builder.bundle(directory, MIGRATE_SCRIPT) };
}
