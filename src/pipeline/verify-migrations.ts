import { type Catalog, compareCatalogs, type Difference } from '../domain/catalog.ts';
import type { Environment, Login } from '../domain/database.ts';
import { initialMigration, type MigrationStatusRow, SUM_FILE } from '../domain/migration.ts';
import type { ProjectFolder } from '../domain/project.ts';
import { openLogin } from '../operations/open-login.ts';
import { readCatalog } from '../operations/read-catalog.ts';
import { sweepScratches, withScratchDatabase } from '../operations/scratch-database.ts';
import { migrateUp, migrationStatus } from '../phases/migrate.ts';
import type { FileTree } from '../ports/workspace.ts';
import { readMigrations, wrongSum } from './migration-files.ts';
import type { TrialNeeds } from './trial-database.ts';

/** How a database, the migrations and the schema of a project agree. */
export interface Drift {
  /** What the database has (left) and what the migrations that it was given make (right). */
  readonly database: readonly Difference[];
  /** What all migrations make (left) and what `turbobackend.json` says (right). */
  readonly schema: readonly Difference[];
  /** Migrations that the database was not given, or not as they are now. */
  readonly migrations: readonly MigrationStatusRow[];
  /** Why `migrations.sum` is not the sum of the migrations; null when it is. */
  readonly sum: string | null;
}

/**
 * Says who of the three differs: the migrations and the schema are each carried out on scratch databases, and compared by
 * what is there afterwards. Changes nothing of the project. Throws what `migrateUp` and `withScratchDatabase` throw.
 */
export async function verifyMigrations(folder: ProjectFolder, env: Environment, services: TrialNeeds): Promise<Drift> {
  const { id, schema, createdAt } = folder.project;
  const files = await readMigrations(folder, services);
  const login = await openLogin(id, env, 'mig', services);
  const rows = await migrationStatus({ files, login }, services);
  // One that was edited is held against what the database has by what it says now.
  const last = rows.findLast(({ state }) => state === 'applied' || state === 'changed')?.version;
  // A wrong sum is told, not stumbled over.
  const { [SUM_FILE]: _, ...unsummed } = files;
  await sweepScratches(id, services);
  const { asApplied, asWritten } = await withScratchDatabase(id, services, async (scratch) => {
    const scratchLogin = await scratch.login('mig');
    const make = async (to: { readonly to?: string }) => {
      await migrateUp({ files: unsummed, login: scratchLogin, ...to }, services);
      return catalogOf(scratchLogin, services);
    };
    const applied = last === undefined ? await catalogOf(scratchLogin, services) : await make({ to: last });
    return { asApplied: applied, asWritten: await make({}) };
  });
  const initial = schema === null ? null : initialMigration(schema, createdAt);
  const said = initial && (await madeBy({ [initial.path]: initial.content }, id, services));
  return {
    database: compareCatalogs(await catalogOf(login, services), asApplied),
    schema: said ? compareCatalogs(asWritten, said) : [],
    migrations: rows.filter(({ state }) => state !== 'applied'),
    sum: wrongSum(files),
  };
}

async function madeBy(files: FileTree, projectId: string, services: TrialNeeds): Promise<Catalog> {
  return withScratchDatabase(projectId, services, async (scratch) => {
    const login = await scratch.login('mig');
    await migrateUp({ files, login }, services);
    return catalogOf(login, services);
  });
}

async function catalogOf(login: Login, { sql }: TrialNeeds): Promise<Catalog> {
  const session = await sql.connect(login);
  try {
    return await readCatalog(session);
  } finally {
    await session.close();
  }
}
