import type { Environment } from '../domain/database.ts';
import { TurboError } from '../domain/errors.ts';
import type { ProjectFolder } from '../domain/project.ts';
import { ASIDE_PREFIX } from '../domain/version.ts';
import { saveRows } from './save-rows.ts';
import { type VersionNeeds, withOwner } from './version-place.ts';

/** So many of a database are kept; older ones go when a new one is made. */
const KEPT = 5;

/** Rows that were put aside before something could be lost. */
export interface RowsAside {
  /** Absolute path of a folder with a file for each table. */
  readonly path: string;
  readonly rows: number;
  readonly bytes: number;
}

/**
 * Puts all rows of a database aside, whole, as they are at one moment. Throws `migration.refused` when they are more than
 * may be kept, and what the archive throws.
 */
export async function putRowsAside(
  folder: ProjectFolder,
  env: Environment,
  services: VersionNeeds,
): Promise<RowsAside> {
  const projectId = folder.project.id;
  const prefix = `${ASIDE_PREFIX}${env}-`;
  const place = { projectId, folder: `${prefix}${services.clock.now()}-${services.ids.projectId()}` };
  const { megabytes } = services.versionLimits;
  const saved = await withOwner(folder, env, services, async (session) => {
    await session.query(`BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY`);
    try {
      return await saveRows({ place, maxBytes: megabytes * 1_000_000 }, session, services);
    } catch (error) {
      await services.archive.remove(projectId, place.folder).catch(() => {});
      throw error;
    } finally {
      await session.query('ROLLBACK').catch(() => {});
    }
  });
  if (saved === null) {
    throw new TurboError(
      'migration.refused',
      `The rows of ${env} are more than ${megabytes} MB, so they were not put aside.`,
      {
        hint: 'turbobackend config set versions.megabytes <number>; with a backup of your own: --no-backup. Nothing was run.',
      },
    );
  }
  const all = (await services.archive.list()).filter(
    ({ projectId: owner, folder: name }) => owner === projectId && name.startsWith(prefix),
  );
  for (const { folder: name } of all.toSorted((one, other) => (one.folder < other.folder ? 1 : -1)).slice(KEPT)) {
    await services.archive.remove(projectId, name);
  }
  return { path: services.archive.pathOf(place), rows: saved.rows, bytes: saved.bytes };
}
