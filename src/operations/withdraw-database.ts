import type { Environment } from '../domain/database.ts';
import { environmentFiles, withoutLogin } from '../domain/environment-file.ts';
import type { Needs } from '../ports/services.ts';
import type { DatabaseRecord, ProjectRecord } from '../ports/state-records.ts';
import { type Deprovisioned, deprovision } from './deprovision.ts';
import { readManifest } from './manifest.ts';
import type { ReconcileNeeds } from './reconcile-database.ts';

export interface Withdrawn extends Deprovisioned {
  /** The project's server used this database, ran, and was stopped first. */
  readonly serverWasRunning: boolean;
  /** Files of the project's folder that held logins of a database that is gone for good, and hold none any more. */
  readonly cleaned: readonly string[];
}

/** True when a database is already where it is wished to be: in the trash (or gone), or, with `purge`, gone. */
export function isWithdrawn(record: DatabaseRecord | null, purge: boolean): boolean {
  if (record === null) return true;
  return !purge && record.desired === 'trashed' && record.status === 'trashed';
}

/**
 * Takes a database away from a living project: the server that uses it is stopped first, so that nobody is cut off in
 * the middle of a request; local servers use `dev`. When nothing of it is left, our part of its `.env` files goes. Throws what `deprovision` throws.
 */
export async function withdrawDatabase(
  project: Pick<ProjectRecord, 'id' | 'directory'>,
  { env, purge }: { readonly env: Environment; readonly purge: boolean },
  services: ReconcileNeeds & Needs<'target' | 'workspace'>,
): Promise<Withdrawn> {
  const serverWasRunning = env === 'dev' && (await services.target.stop(project.id));
  const result = await deprovision({ projectId: project.id, env, purge }, services);
  if (result.changed) {
    const action = result.trash === null ? 'deprovisioned' : 'trashed';
    await services.state.recordActivity({ projectId: project.id, action, details: { env, trash: result.trash } });
  }
  return {
    ...result,
    serverWasRunning,
    cleaned: result.trash === null ? await cleanFiles(project, env, services) : [],
  };
}

/** Under the lock: whoever wishes for a new database meanwhile writes its logins after us. */
async function cleanFiles(
  { id, directory }: Pick<ProjectRecord, 'id' | 'directory'>,
  env: Environment,
  { databases, state, workspace }: ReconcileNeeds & Needs<'workspace'>,
): Promise<readonly string[]> {
  return databases.withProjectLock(id, async () => {
    const manifest = await readManifest(directory, { workspace }).catch(() => null);
    if (manifest?.id !== id || (await state.findDatabase(id, env)) !== null) return [];
    const cleaned: string[] = [];
    for (const file of Object.values(environmentFiles(env))) {
      const content = await workspace.read(directory, file);
      const rest = content === null ? null : withoutLogin(content);
      if (rest === null || rest === content) continue;
      if (rest === '') await workspace.remove(directory, file);
      else await workspace.write(directory, file, rest, { mode: 0o600 });
      cleaned.push(file);
    }
    return cleaned;
  });
}
