import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { localTemplates } from '../../../src/adapters/templates/local/local-templates.ts';
import { templateSums } from '../../../src/adapters/templates/local/template-sums.ts';
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

test('what was edited, taken away or put there since the build is named', async () => {
  await withTemporaryFolder(async (home) => {
    const folder = join(home, 'templates');
    mkdirSync(join(folder, 'project'), { recursive: true });
    mkdirSync(join(folder, 'prompts'));
    for (const name of ['project/a', 'project/b', 'prompts/c']) writeFileSync(join(folder, name), name);
    const sums = join(home, 'sums.json');
    const templates = localTemplates(folder, sums);
    expect(await templates.changed()).toEqual([]);
    writeFileSync(sums, JSON.stringify(await templateSums(folder)));
    expect(await templates.changed()).toEqual([]);
    writeFileSync(join(folder, 'project/a'), 'project/A');
    rmSync(join(folder, 'project/b'));
    writeFileSync(join(folder, 'prompts/d'), '');
    expect(await templates.changed()).toEqual(['project/a', 'project/b', 'prompts/d']);
    expect(await templates.changed('project')).toEqual(['project/a', 'project/b']);
  });
});
