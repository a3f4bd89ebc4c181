import { schemaOfCatalog } from '../domain/catalog-schema.ts';
import { findMoved } from '../domain/column-places.ts';
import { isTurboError } from '../domain/errors.ts';
import { DOWN_FOLDER, isUnwritten, parseMigrationFolder } from '../domain/migration.ts';
import type { ProjectFolder } from '../domain/project.ts';
import type { RowIndex } from '../domain/row-index.ts';
import { EMPTY_SCHEMA } from '../domain/schema.ts';
import type { Version } from '../domain/version.ts';
import { readPlaces } from '../operations/read-places.ts';
import type { FileTree } from '../ports/workspace.ts';
import { type ChangePlan, planChange } from './plan-change.ts';
import { refusal } from './undo-checks.ts';
import { type VersionNeeds, withOwner } from './version-place.ts';

/**
 * The migrations with a way back for each of a version's: where somebody wrote none, it is the difference between what
 * the database holds and what it held, in the file of the newest; the transaction it runs in is held against the
 * catalog of then. Throws `version.refused` where that cannot be told.
 */
export async function withWaysBack(
  folder: ProjectFolder,
  order: { readonly version: Version; readonly files: FileTree; readonly index: RowIndex | null },
  services: VersionNeeds,
): Promise<FileTree> {
  const { version, files, index } = order;
  const { ups, downs } = parseMigrationFolder(files);
  const own = ups.filter((file) => version.migrations.includes(file.version));
  const missing = own.filter((file) => !downs.some((down) => down.version === file.version && !isUnwritten(down)));
  const [first] = missing;
  if (!first) return files;
  const hint = `Write one: migrations/${DOWN_FOLDER}/${first.version}_${first.name}.sql`;
  const title = `${first.version}_${first.name}`;
  if (index === null) throw refusal(`${title} has no way back, and what was before it is not kept.`, hint);
  const way = await findWay(folder, version, index, services).catch((error: unknown) => {
    if (isTurboError(error, 'migration.failed'))
      throw refusal(`${title} has no way back: ${error.message}`, hint, error);
    throw error;
  });
  if (way === '') throw refusal(`${title} has no way back, and changes what no schema says, or rows only.`, hint);
  const newest = own.at(-1);
  const written = own.map((file) => [
    `${DOWN_FOLDER}/${file.version}_${file.name}.sql`,
    file === newest ? way : 'SELECT 1;\n',
  ]);
  return { ...files, ...Object.fromEntries(written) };
}

async function findWay(
  folder: ProjectFolder,
  version: Version,
  index: RowIndex,
  services: VersionNeeds,
): Promise<string> {
  const { env, schemaBefore } = version;
  const now = await withOwner(folder, env, services, readPlaces);
  const after = schemaOfCatalog(index.catalog, schemaBefore ?? EMPTY_SCHEMA).schema;
  const renames = findMoved(now, index.places);
  const dropped = new Set<string>();
  for (;;) {
    const plan: ChangePlan = await planChange(folder, { after, from: 'database', env, renames, dropped }, services);
    // Numbers have told what was renamed: whatever else looks like it was not.
    if (plan.doubts.length === 0) return plan.files.map(({ up }) => up).join('\n');
    for (const { gone } of plan.doubts) dropped.add(gone);
  }
}
