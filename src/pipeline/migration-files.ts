import type { NewMigration } from '../domain/begun-change.ts';
import { TurboError } from '../domain/errors.ts';
import {
  DOWN_FOLDER,
  findDeviation,
  initialMigration,
  MIGRATIONS_FOLDER,
  migrationName,
  nextVersion,
  normalise,
  parseMigrationFiles,
  parseMigrationFolder,
  renderSum,
  SUM_FILE,
} from '../domain/migration.ts';
import type { ProjectFolder } from '../domain/project.ts';
import type { Needs } from '../ports/services.ts';
import type { FileTree } from '../ports/workspace.ts';

/**
 * The files of the migrations folder, those that lead back and the sum included, without the folder's name; the first
 * one is written from the schema when there is none yet. Throws `migration.invalid` for a link.
 */
export async function readMigrations(folder: ProjectFolder, services: Needs<'workspace'>): Promise<FileTree> {
  const { directory, project } = folder;
  const files = await readFolder(directory, services);
  const isThere = Object.keys(files).some((name) => name !== SUM_FILE);
  if (isThere || project.schema === null) return files;
  const initial = initialMigration(project.schema, project.createdAt);
  await services.workspace.removeLeftovers(directory, [initial.path]);
  await services.workspace.write(directory, initial.path, initial.content);
  await keepSum(directory, services);
  return readFolder(directory, services);
}

/** So often a file may appear between two looks; more often it is one that is no text. */
const LOOKS = 20;

async function readFolder(directory: string, services: Needs<'workspace'>, looks = LOOKS): Promise<FileTree> {
  const { workspace } = services;
  const tree = await workspace.readTree(directory, MIGRATIONS_FOLDER);
  // Another command may just be writing one, under a hidden name.
  const isHidden = (name: string) => /(^|\/)\./.test(name);
  const files = Object.fromEntries(
    Object.entries(tree)
      .map(([path, text]) => [path.slice(MIGRATIONS_FOLDER.length + 1), text] as const)
      .filter(([name]) => !isHidden(name)),
  );
  // What is neither a file nor a folder is left out of the tree, and would be skipped silently.
  for (const name of (await workspace.list(`${directory}/${MIGRATIONS_FOLDER}`)) ?? []) {
    if (Object.hasOwn(files, name) || Object.keys(files).some((path) => path.startsWith(`${name}/`))) continue;
    if (name === DOWN_FOLDER || isHidden(name)) continue;
    // Another command has written it after the tree was read.
    const isFile = await workspace.isFile(directory, `${MIGRATIONS_FOLDER}/${name}`);
    if (isFile && looks > 1) return readFolder(directory, services, looks - 1);
    throw new TurboError('migration.invalid', `${MIGRATIONS_FOLDER}/${name} is not a file with SQL.`, {
      hint: 'Take it away. Nothing was run.',
    });
  }
  return files;
}

/** Writes the sum of the migrations as they are; again, while somebody else adds one. */
export async function keepSum(directory: string, services: Needs<'workspace'>): Promise<void> {
  await services.workspace.removeLeftovers(directory, [SUM_PATH]);
  for (;;) {
    const text = await wantedSum(directory, services);
    if ((await services.workspace.read(directory, SUM_PATH)) === text) return;
    await services.workspace.write(directory, SUM_PATH, text);
  }
}

/** What the sum should say of the migrations as they are. */
async function wantedSum(directory: string, services: Needs<'workspace'>): Promise<string> {
  return renderSum(parseMigrationFiles(await readFolder(directory, services)));
}

/** What `migrations.sum` says of the files that is not so, in words; null when they agree, and where there are none. */
export function wrongSum(files: FileTree): string | null {
  const { ups, sum } = parseMigrationFolder(files);
  if (ups.length === 0) return null;
  return sum === null ? 'it is missing' : (findDeviation(ups, sum)?.what ?? null);
}

/** Not in git, and swept away by nobody: what a killed process left only skips a second. */
const RESERVED = '.turbobackend/versions';

const SUM_PATH = `${MIGRATIONS_FOLDER}/${SUM_FILE}`;

/** A migration that was written, by the paths of its files in the project. */
export interface AddedMigration {
  readonly version: string;
  readonly up: string;
  /** Null when it has no way back. */
  readonly down: string | null;
}

/**
 * Writes a new migration after all others, with its way back when there is one, and lists it in the sum. Two at once get
 * two versions. Throws `migration.invalid` for a name without words, and for what lies in the folder already.
 */
export async function addMigration(
  { directory }: Pick<ProjectFolder, 'directory'>,
  migration: { readonly name: string; readonly up: string; readonly down: string | null },
  services: Needs<'workspace' | 'clock'>,
): Promise<AddedMigration> {
  const { workspace } = services;
  const name = migrationName(migration.name);
  const { version, reserved } = await reserveVersion(directory, services);
  const up = `${MIGRATIONS_FOLDER}/${version}_${name}.sql`;
  const down = migration.down === null ? null : `${MIGRATIONS_FOLDER}/${DOWN_FOLDER}/${version}_${name}.sql`;
  await workspace.write(directory, up, normalise(migration.up));
  if (down !== null) await workspace.write(directory, down, normalise(migration.down ?? ''));
  await keepSum(directory, services);
  await workspace.remove(directory, reserved);
  return { version, up, down };
}

/** The migrations that come after all there are, with their versions; nothing is written. */
export async function planMigrations(
  { directory }: Pick<ProjectFolder, 'directory'>,
  order: { readonly name: string; readonly files: readonly Pick<NewMigration, 'up' | 'down'>[] },
  services: Needs<'workspace' | 'clock'>,
): Promise<readonly NewMigration[]> {
  const versions = [...(await versionsOf(directory, services))];
  return order.files.map(({ up, down }) => {
    const version = nextVersion(versions, services.clock.now());
    versions.push(version);
    return {
      version,
      name: migrationName(order.name),
      up: normalise(up),
      down: down === null ? null : normalise(down),
    };
  });
}

/** Paths of a migration's files in the project. */
export function pathsOf({ version, name, down }: NewMigration): AddedMigration {
  const file = `${version}_${name}.sql`;
  const back = `${MIGRATIONS_FOLDER}/${DOWN_FOLDER}/${file}`;
  return { version, up: `${MIGRATIONS_FOLDER}/${file}`, down: down === null ? null : back };
}

/** Writes planned migrations and lists them in the sum; twice is once. */
export async function writeMigrations(
  { directory }: Pick<ProjectFolder, 'directory'>,
  migrations: readonly NewMigration[],
  services: Needs<'workspace'>,
): Promise<readonly AddedMigration[]> {
  for (const migration of migrations) {
    const { up, down } = pathsOf(migration);
    await services.workspace.write(directory, up, migration.up);
    if (down !== null) await services.workspace.write(directory, down, migration.down ?? '');
  }
  await keepSum(directory, services);
  return migrations.map(pathsOf);
}

/** Takes the files of migrations away, the way back first; also those that are only half there. */
export async function removeMigrations(
  { directory }: Pick<ProjectFolder, 'directory'>,
  migrations: readonly NewMigration[],
  services: Needs<'workspace'>,
): Promise<void> {
  for (const migration of migrations.toReversed()) {
    const { up, down } = pathsOf(migration);
    if (down !== null) await services.workspace.remove(directory, down);
    await services.workspace.remove(directory, up);
  }
  await keepSum(directory, services);
}

/** A file that only one process can make says whose version it is, until the migration itself does. */
async function reserveVersion(
  directory: string,
  services: Needs<'workspace' | 'clock'>,
): Promise<{ readonly version: string; readonly reserved: string }> {
  const tried: string[] = [];
  for (;;) {
    const versions = await versionsOf(directory, services);
    const version = nextVersion([...versions, ...tried], services.clock.now());
    const reserved = `${RESERVED}/${version}`;
    if (await services.workspace.createFile(directory, reserved, '')) {
      if (!(await versionsOf(directory, services)).includes(version)) return { version, reserved };
      await services.workspace.remove(directory, reserved);
    }
    tried.push(version);
  }
}

async function versionsOf(directory: string, services: Needs<'workspace'>): Promise<readonly string[]> {
  return parseMigrationFolder(await readFolder(directory, services)).ups.map(({ version }) => version);
}
