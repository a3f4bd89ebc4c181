import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { localTemplates } from '../../../src/adapters/templates/local/local-templates.ts';
import { withTemporaryFolder } from '../../support/temporary-folder.ts';

test('dot-files get their real names, other underscores stay', async () => {
  await withTemporaryFolder(async (folder) => {
    mkdirSync(join(folder, 'project/_github/workflows'), { recursive: true });
    mkdirSync(join(folder, 'project/_custom'));
    const names = ['_gitignore', '_npmrc', '_env.example', '_dockerignore', '_env', 'a_b', '_custom/_x', 'z'];
    for (const name of [...names, '_github/workflows/ci.yml']) writeFileSync(join(folder, 'project', name), name);
    const tree = await localTemplates(folder).readTree('project');
    expect(tree).toEqual({
      '.dockerignore': '_dockerignore',
      '.env.example': '_env.example',
      '.github/workflows/ci.yml': '_github/workflows/ci.yml',
      '.gitignore': '_gitignore',
      '.npmrc': '_npmrc',
      '_custom/_x': '_custom/_x',
      _env: '_env',
      a_b: 'a_b',
      z: 'z',
    });
  });
});
