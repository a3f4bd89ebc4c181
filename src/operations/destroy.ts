import type { Needs } from '../ports/services.ts';
import type { ProjectRecord } from '../ports/state-records.ts';
import { deprovision } from './deprovision.ts';
import { readManifest } from './manifest.ts';
import type { ReconcileNeeds } from './reconcile-database.ts';
import { type Withdrawn, type WithdrawOrder, withdrawRemotes } from './withdraw-remotes.ts';

export interface Destroyed {
  readonly projectId: string;
  readonly name: string;
  /** Names of the dropped databases, over all environments. */
  readonly databases: readonly string[];
  /** The removed folder; null when it was kept, was gone already, or is another project's by now. */
  readonly directory: string | null;
  readonly serverWasRunning: boolean;
  /** What it had elsewhere, and what became of it. */
  readonly remotes: readonly Withdrawn[];
}

type DestroyNeeds = ReconcileNeeds & Needs<'target' | 'workspace' | 'runs' | 'remotes' | 'archive'>;

export interface DestroyOptions {
  readonly keepFiles: boolean;
  /** What is done elsewhere; repositories stay unless they are named. */
  readonly remotes?: WithdrawOrder;
}

/**
 * Takes a project away for good: what it has elsewhere, server, logs, databases with their roles, also those in the trash, folder (unless
 * `keepFiles`), rows kept for undo, records. Killed in the middle, the same call takes away the rest: the project's row goes last, and from
 * its first step on no new database is made for it. Throws `run.locked`, having done nothing, while
 * a process creates the project, here or elsewhere.
 */
export async function destroy(
  project: ProjectRecord,
  options: DestroyOptions,
  services: DestroyNeeds,
): Promise<Destroyed> {
  return services.runs.whileIdle(project.id, () => takeAway(project, options, services));
}

async function takeAway(project: ProjectRecord, options: DestroyOptions, services: DestroyNeeds): Promise<Destroyed> {
  const { id, name, directory } = project;
  await services.state.setProjectStatus(id, 'destroying');
  // The public way in first: a server without its database would only fail.
  const remotes = await withdrawRemotes(id, options.remotes ?? { repositories: [] }, services);
  const serverWasRunning = await services.target.stop(id);
  await services.target.remove(id);
  const databases = await dropAll(id, services);
  const removes = !options.keepFiles && (await holdsProject(directory, id, services));
  if (removes) await services.workspace.removeFolder(directory);
  await services.archive.remove(id);
  await services.runs.forget(id);
  await services.state.recordActivity({ projectId: id, action: 'destroyed', details: { name, directory } });
  await services.state.deleteProject(id);
  return {
    projectId: id,
    name,
    databases,
    directory: removes ? directory : null,
    serverWasRunning,
    remotes,
  };
}

/** Names of the dropped databases. Looked for again until none is left: a wish may have been written just before ours. */
async function dropAll(id: string, services: ReconcileNeeds): Promise<readonly string[]> {
  const names = new Set<string>();
  for (;;) {
    const records = await services.state.listDatabases(id);
    if (records.length === 0) return [...names];
    for (const { env, databaseName } of records) {
      await deprovision({ projectId: id, env, purge: true }, services);
      names.add(databaseName);
    }
  }
}

async function holdsProject(directory: string, id: string, services: Needs<'workspace'>): Promise<boolean> {
  // A folder whose manifest cannot be read is not provably ours, so it stays.
  const manifest = await readManifest(directory, services).catch(() => null);
  return manifest?.id === id;
}
