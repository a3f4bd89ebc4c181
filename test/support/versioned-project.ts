import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { localArchive } from '../../src/adapters/archive/local/local-archive.ts';
import { localTarget } from '../../src/adapters/deploy-target/local/local-target.ts';
import { gitRepository } from '../../src/adapters/repository/git/git-repository.ts';
import type { ProjectFolder } from '../../src/domain/project.ts';
import type { Schema } from '../../src/domain/schema.ts';
import { writeManifest } from '../../src/operations/manifest.ts';
import { openLogin } from '../../src/operations/open-login.ts';
import { provision } from '../../src/operations/provision.ts';
import { addMigration } from '../../src/pipeline/migration-files.ts';
import { recordVersion } from '../../src/pipeline/record-version.ts';
import { migrateStage } from '../../src/pipeline/stages.ts';
import type { VersionNeeds } from '../../src/pipeline/version-place.ts';
import { projectOf, scaffoldServices } from './generated-projects.ts';
import { type ProvisioningServices, type Query, withSession } from './provisioning.ts';

/** A project with a database and nothing but its manifest and migrations, to take steps in. */
export interface VersionedProject {
  readonly folder: ProjectFolder;
  readonly services: VersionNeeds;
  /** As who owns the tables. */
  sql: Query;
  /** Writes a migration, and applies it as a step. */
  step(name: string, up: string, down: string | null): Promise<void>;
  /** The migrations that lie in the folder. */
  migrations(): Promise<readonly string[]>;
  release(): void;
}

/** The adapters for steps and for going back, over those for databases. */
export function versionServices(services: ProvisioningServices, home: string): VersionNeeds {
  return {
    ...scaffoldServices,
    ...services,
    toolVersion: 'test',
    versionLimits: { megabytes: 10, days: 30 },
    archive: localArchive({ home }),
    repository: gitRepository({ environment: { PATH: process.env.PATH ?? '', HOME: home } }),
    target: localTarget({ home, supervisorPath: '', environment: {} }),
  };
}

export async function versionedProject(schema: Schema, services: VersionNeeds): Promise<VersionedProject> {
  const root = mkdtempSync(join(tmpdir(), 'tb-versions-'));
  const directory = join(root, 'project');
  mkdirSync(directory);
  const id = services.ids.projectId();
  const project = { ...projectOf(schema, 'steps'), id };
  const folder = { directory, project };
  await services.state.claimProject({ id, name: 'steps', request: 'steps', directory, createdAt: project.createdAt });
  await provision({ projectId: id, env: 'dev' }, services);
  await writeManifest(directory, project, services);
  await migrateStage(folder, 'dev', services);
  return {
    folder,
    services,
    sql: async (text, values) =>
      withSession(await openLogin(id, 'dev', 'mig', services), (query) => query(text, values)),
    async step(name, up, down) {
      await addMigration(folder, { name, up, down }, services);
      await recordVersion(folder, { env: 'dev', kind: 'migrate', title: name }, services, () =>
        migrateStage(folder, 'dev', services),
      );
    },
    migrations: async () => {
      const names = Object.keys(await services.workspace.readTree(directory, 'migrations'));
      return names.filter((path) => path.endsWith('.sql')).map((path) => path.replace(/^migrations\/|\d{14}_/g, ''));
    },
    release: () => rmSync(root, { recursive: true, force: true }),
  };
}
