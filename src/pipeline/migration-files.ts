import type { Environment } from '../domain/database.ts';
import {
  describePlace,
  findDestruction,
  initialMigration,
  MIGRATIONS_FOLDER,
  parseMigrationFiles,
} from '../domain/migration.ts';
import type { ProjectFolder } from '../domain/project.ts';
import { openLogin } from '../operations/open-login.ts';
import { migrationStatus } from '../phases/migrate.ts';
import type { Needs } from '../ports/services.ts';
import type { FileTree } from '../ports/workspace.ts';

/** The folder's migration files; the first one is written from the schema when there is none yet. */
export async function readMigrations(
  { directory, project }: ProjectFolder,
  { workspace }: Needs<'workspace'>,
): Promise<FileTree> {
  const read = async () => {
    const names = (await workspace.list(`${directory}/${MIGRATIONS_FOLDER}`)) ?? [];
    const files: Record<string, string> = {};
    // Another command may just be writing one, under a hidden name.
    for (const name of names.filter((name) => !name.startsWith('.'))) {
      const content = await workspace.read(directory, `${MIGRATIONS_FOLDER}/${name}`);
      if (content !== null) files[name] = content;
    }
    return files;
  };
  const files = await read();
  if (Object.keys(files).length > 0 || project.schema === null) return files;
  const initial = initialMigration(project.schema, project.createdAt);
  await workspace.write(directory, initial.path, initial.content);
  return read();
}

/**
 * What the pending migrations would take away from a database for good, in words with file and line: for asking before
 * they run on production.
 */
export async function pendingDestruction(
  folder: ProjectFolder,
  env: Environment,
  services: Needs<'cluster' | 'state' | 'vault' | 'workspace' | 'sql'>,
): Promise<readonly string[]> {
  const files = await readMigrations(folder, services);
  const login = await openLogin(folder.project.id, env, 'mig', services);
  const rows = await migrationStatus({ files, login }, services);
  const pending = new Set(rows.filter(({ state }) => state === 'pending').map(({ version }) => version));
  const found = await Promise.all(
    parseMigrationFiles(files)
      .filter(({ version }) => pending.has(version))
      .map(async (file) =>
        (await findDestruction(file.sql)).map(({ line, what }) => `${describePlace(file, line)} ${what}`),
      ),
  );
  return found.flat();
}
