import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { scaffold } from '../../../src/phases/scaffold.ts';
import { contractProject, readDocument } from '../../support/contract-backend.ts';
import { readSchema, repositoryRoot, run, scaffoldServices, writeProject } from '../../support/generated-projects.ts';
import { withTemporaryFolder } from '../../support/temporary-folder.ts';

const biome = join(repositoryRoot, 'node_modules/@biomejs/biome');

test.each(['blog', 'tasks', 'forum', 'shop', 'hostile', 'hostile-accounts', 'words', 'types', null])(
  'a project of %s has nothing for its own `npm run lint` to complain about',
  (name) =>
    withTemporaryFolder(async (folder) => {
      const directory = join(folder, 'project');
      await writeProject(directory, name === null ? null : readSchema(name));
      await expectClean(directory);
    }),
);

test.each([
  'conduit.yaml',
  'pets.yaml',
  'wide.yaml',
  'falconry.yaml',
  'todos.json',
  'library.yaml',
  'tickets.yaml',
  'styles.yaml',
])('and neither has one made from %s', (name) =>
  withTemporaryFolder(async (folder) => {
    const directory = join(folder, 'project');
    const project = contractProject(await readDocument(name));
    await scaffold({ directory, project, into: 'new-folder' }, scaffoldServices);
    await expectClean(directory);
  }),
);

async function expectClean(directory: string): Promise<void> {
  mkdirSync(join(directory, 'node_modules/@biomejs'), { recursive: true });
  symlinkSync(biome, join(directory, 'node_modules/@biomejs/biome'));
  const program = join(biome, 'bin/biome');
  const { code, output } = await run(process.execPath, [program, 'check', '--error-on-warnings', '.'], {
    cwd: directory,
  });
  expect([code, output]).toEqual([0, expect.stringContaining('No fixes applied')]);
}
