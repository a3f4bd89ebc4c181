import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import { nitroBuilder } from '../../src/adapters/builder/nitro/nitro-builder.ts';
import { systemClock } from '../../src/adapters/clock/system/system-clock.ts';
import { localPrograms } from '../../src/adapters/programs/local/local-programs.ts';
import { postgresSql } from '../../src/adapters/sql/postgres/postgres-sql.ts';
import { localTemplates } from '../../src/adapters/templates/local/local-templates.ts';
import { localWorkspace } from '../../src/adapters/workspace/local/local-workspace.ts';
import { loginUrl } from '../../src/domain/database.ts';
import { initialMigration } from '../../src/domain/migration.ts';
import type { Schema } from '../../src/domain/schema.ts';
import { parseSchema } from '../../src/domain/schema-rules.ts';
import type { MutationLane } from '../../src/phases/mutate.ts';
import { scaffoldFiles } from '../../src/phases/scaffold.ts';
import type { FileTree } from '../../src/ports/workspace.ts';
import { makeProjectDatabase, type ProjectDatabase } from './project-database.ts';

const CREATED_AT = 1_763_694_000;
const repositoryRoot = fileURLToPath(new URL('../..', import.meta.url));

/** A schema file beside the tests of the generator. */
export function readSchemaFile(name: string): Schema {
  const file = join(repositoryRoot, 'test/phases/scaffold/schemas', `${name}.json`);
  return parseSchema(JSON.parse(readFileSync(file, 'utf8')));
}

/** The files of a project as they are when it has been created. */
export async function projectFiles(schema: Schema): Promise<FileTree> {
  const template = await localTemplates(join(repositoryRoot, 'templates')).readTree('project');
  const migration = initialMigration(schema, CREATED_AT);
  const named = { version: 1, id: 'abcdefghijklmnop', name: 'proof', request: 'proof', createdAt: CREATED_AT } as const;
  const files = scaffoldFiles({ ...named, decision: null, schema, files: {} }, template);
  return { ...files, [migration.path]: migration.content };
}

/** Lends migrated, empty databases to try mutants on. */
export async function withLanes<T>(
  cluster: Parameters<typeof makeProjectDatabase>[0],
  schema: Schema,
  count: number,
  work: (lanes: readonly MutationLane[]) => Promise<T>,
): Promise<T> {
  const databases: ProjectDatabase[] = [];
  try {
    const { content } = initialMigration(schema, CREATED_AT);
    for (let index = 0; index < count; index += 1) {
      const database = await makeProjectDatabase(cluster);
      databases.push(database);
      await database.admin(`SET ROLE ${database.names.owner}; SET search_path = app; ${content}`);
    }
    const lanes = databases.map((database) => ({
      environment: { TEST_DATABASE_URL: loginUrl(database.login('app')) },
      owner: database.login('mig'),
    }));
    return await work(lanes);
  } finally {
    for (const database of databases) await database.drop();
  }
}

/** What mutants are tried with, for real; `folder` is for files of its own. */
export async function mutationServices(folder: string, tell: (message: string) => void = () => {}) {
  const workerPath = join(folder, 'build-worker.mjs');
  const input = join(repositoryRoot, 'src/adapters/builder/nitro/build-worker.ts');
  const bundle = await rolldown({ input, platform: 'node', logLevel: 'silent' });
  await bundle.write({ file: workerPath, format: 'esm' });
  await bundle.close();
  return {
    workspace: localWorkspace(),
    builder: nitroBuilder({ packageRoot: repositoryRoot, workerPath }),
    programs: localPrograms({ home: folder, environment: process.env }),
    sql: postgresSql(),
    clock: systemClock(),
    progress: (event: { readonly kind: string; readonly message?: string }) => tell(event.message ?? ''),
  };
}
