import { join } from 'node:path';
import { inject } from 'vitest';
import { nitroBuilder } from '../../src/adapters/builder/nitro/nitro-builder.ts';
import { readMigrations } from '../../src/pipeline/migration-files.ts';
import type { SandboxProject } from '../contracts/sandbox.ts';
import {
  connectProject,
  projectOf,
  readSchema,
  repositoryRoot,
  scaffoldServices,
  writeProject,
} from './generated-projects.ts';
import { makeProjectDatabase } from './project-database.ts';
import { withTemporaryFolder } from './temporary-folder.ts';

/** A blog whose database is there; both are gone afterwards. */
export function withSandboxProject(work: (stage: SandboxProject) => Promise<void>): Promise<void> {
  return withTemporaryFolder(async (home) => {
    const directory = join(home, 'project');
    const schema = readSchema('blog');
    await writeProject(directory, schema);
    await readMigrations({ directory, project: projectOf(schema) }, scaffoldServices);
    const database = await makeProjectDatabase(inject('cluster'));
    const builder = nitroBuilder({ packageRoot: repositoryRoot, workerPath: '/not/of/this/test' });
    try {
      const found = await scaffoldServices.workspace.readFiles(directory, { isWanted: () => true, maxBytes: 1e8 });
      const project = Object.fromEntries(
        Object.entries(found).map(([path, bytes]) => [path, Buffer.from(bytes).toString('utf8')]),
      );
      await connectProject(directory, schema, database);
      await work({ project, database: database.login('app'), prepare: (folder) => builder.prepare(folder) });
    } finally {
      await builder.close();
      await database.drop();
    }
  });
}
