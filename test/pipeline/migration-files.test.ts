import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { localWorkspace } from '../../src/adapters/workspace/local/local-workspace.ts';
import { initialMigration, parseMigrationFiles, renderSum, SUM_FILE } from '../../src/domain/migration.ts';
import { readMigrations } from '../../src/pipeline/migration-files.ts';
import { projectOf, readSchema } from '../support/generated-projects.ts';
import { withTemporaryFolder } from '../support/temporary-folder.ts';

test('a migration that another command is just writing, or what a system hides there, is none', () =>
  withTemporaryFolder(async (directory) => {
    mkdirSync(join(directory, 'migrations'));
    for (const name of ['.20251121030000_initial.sql.tmp-6c7fdef064cc', '.DS_Store']) {
      writeFileSync(join(directory, 'migrations', name), 'half a');
    }
    const project = projectOf(readSchema('blog'));
    const services = { workspace: localWorkspace() };
    const read = () => readMigrations({ directory, project }, services);
    const { path, content } = initialMigration(readSchema('blog'), project.createdAt);
    const name = path.slice('migrations/'.length);
    const both = await Promise.all([read(), read()]);
    const files = { [name]: content };
    const whole = { ...files, [SUM_FILE]: renderSum(parseMigrationFiles(files)) };
    expect(both).toEqual([whole, whole]);
  }));
