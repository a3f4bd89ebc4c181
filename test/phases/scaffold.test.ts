import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { localTemplates } from '../../src/adapters/templates/local/local-templates.ts';
import type { ProgressEvent } from '../../src/domain/progress.ts';
import type { Project } from '../../src/domain/project.ts';
import { EMPTY_SCHEMA, type Schema } from '../../src/domain/schema.ts';
import { scaffold, scaffoldFiles } from '../../src/phases/scaffold.ts';
import type { FileTree } from '../../src/ports/workspace.ts';
import { contractProject, readDocument } from '../support/contract-backend.ts';
import { projectOf, readSchema, repositoryRoot, run, scaffoldServices } from '../support/generated-projects.ts';
import { withTemporaryFolder } from '../support/temporary-folder.ts';

const goldenRoot = join(repositoryRoot, 'test/phases/golden/blog');
const schemas: Readonly<Record<string, () => Schema | null>> = {
  blog: () => readSchema('blog'),
  'every type': () => readSchema('types'),
  'hostile names': () => readSchema('hostile'),
  'accounts of their own': () => readSchema('tasks'),
  'accounts with roles': () => readSchema('forum'),
  'accounts with numbers': () => readSchema('shop'),
  'accounts with hostile names': () => readSchema('hostile-accounts'),
  'no tables': () => EMPTY_SCHEMA,
  'no schema': () => null,
};
let template: FileTree = {};

beforeAll(async () => {
  template = await scaffoldServices.templates.readTree('project');
});

function filesBelow(folder: string, below = ''): string[] {
  return readdirSync(join(folder, below)).flatMap((name) => {
    const path = below === '' ? name : `${below}/${name}`;
    return statSync(join(folder, path)).isDirectory() ? filesBelow(folder, path) : [path];
  });
}

function writeTree(root: string, files: FileTree): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** What is computed from the schema; the rest are the template's own files. */
function computed(files: FileTree): FileTree {
  const texts = new Set(Object.values(template));
  return Object.fromEntries(Object.entries(files).filter(([, text]) => !texts.has(text)));
}

test('the blog project is the golden tree (UPDATE_GOLDEN=1 writes it anew)', () => {
  const files = computed(scaffoldFiles(projectOf(readSchema('blog')), template));
  if (process.env.UPDATE_GOLDEN) writeTree(goldenRoot, files);
  expect(filesBelow(goldenRoot).sort()).toEqual(Object.keys(files).sort());
  for (const [path, text] of Object.entries(files)) {
    expect(text, path).toBe(readFileSync(join(goldenRoot, path), 'utf8'));
  }
});

test.each(Object.entries(schemas))('the same project gives the same bytes: %s', (_name, schema) => {
  const files = scaffoldFiles(projectOf(schema()), template);
  expect(scaffoldFiles(projectOf(schema()), template)).toEqual(files);
  expect(Object.keys(files)).toEqual(Object.keys(files).sort());
});

test('generated and template code is written as the formatter would', async () => {
  await withTemporaryFolder(async (folder) => {
    const settings = {
      root: true,
      formatter: { indentStyle: 'space', indentWidth: 2, lineWidth: 100 },
      javascript: { formatter: { quoteStyle: 'single' } },
      json: { formatter: { enabled: false } },
      linter: { enabled: false },
    };
    writeFileSync(join(folder, 'biome.json'), JSON.stringify(settings));
    for (const [name, schema] of Object.entries(schemas)) {
      const files = Object.entries(scaffoldFiles(projectOf(schema()), template));
      const code = files.filter(([path]) => /\.(ts|mjs)$/.test(path));
      writeTree(join(folder, name.replaceAll(' ', '-')), Object.fromEntries(code));
    }
    for (const name of ['conduit.yaml', 'pets.yaml', 'todos.json', 'wide.yaml', 'library.yaml']) {
      for (const framework of ['nitro', 'hono'] as const) {
        const files = computed(scaffoldFiles(contractProject(await readDocument(name), framework), template));
        const code = Object.entries(files).filter(([path]) => /\.(ts|mjs)$/.test(path));
        writeTree(join(folder, name, framework), Object.fromEntries(code));
      }
    }
    const biome = join(repositoryRoot, 'node_modules/@biomejs/biome/bin/biome');
    const { code, output } = await run(process.execPath, [biome, 'check', '.'], { cwd: folder });
    expect(output).not.toContain('Formatter would have');
    expect(code, output).toBe(0);
  });
});

test('text of a schema cannot leave its comment, string, template or table cell', () => {
  const files = scaffoldFiles(projectOf(readSchema('types')), template);
  expect(files['server/schemas/things.ts']).not.toContain('*/ comment');
  expect(files['server/lib/enums.ts']).toMatch(/'\$\{x\}'/);
  expect(files['README.md']).not.toContain('<b>');
});

test('a name that could lead out of the folder or the code is refused', () => {
  const [table] = readSchema('blog').tables;
  if (!table) throw new Error('the blog has tables');
  for (const name of ['../../x', 'a b', 'A', '', '__proto__', "x';--"]) {
    const schema: Schema = { ...EMPTY_SCHEMA, tables: [{ ...table, name }] };
    expect(() => scaffoldFiles(projectOf(schema), template)).toThrow('is not a name');
  }
});

test('the project depends on the very versions that turbobackend has itself', () => {
  const { resolve } = createRequire(join(repositoryRoot, 'package.json'));
  const own = JSON.parse(readFileSync(join(repositoryRoot, 'package-lock.json'), 'utf8')).packages;
  for (const kind of ['database', 'plain']) {
    const { dependencies, devDependencies } = JSON.parse(template[`${kind}/package.json`] ?? '{}');
    for (const [name, version] of Object.entries({ ...dependencies, ...devDependencies })) {
      expect({ name, version }).toEqual({ name, version: own[`node_modules/${name}`].version });
    }
  }
  expect(resolve('nitro/builder')).toContain('node_modules');
});

test('the lock file belongs to the project and names no registry', () => {
  for (const schema of [readSchema('blog'), null]) {
    const files = scaffoldFiles(projectOf(schema, 'Crème Brûlée'), template);
    const lock = JSON.parse(files['package-lock.json'] ?? '{}');
    const manifest = JSON.parse(files['package.json'] ?? '{}');
    expect(manifest.name).toBe('creme-brulee');
    expect(lock.name).toBe('creme-brulee');
    expect(lock.packages['']).toMatchObject({ name: 'creme-brulee', dependencies: manifest.dependencies });
    const entries = Object.entries<{ resolved?: string; integrity?: string; optional?: boolean }>(lock.packages);
    for (const [path, { resolved, integrity, optional }] of entries.filter(([name]) => name !== '')) {
      expect({ path, resolved }).toEqual({ path, resolved: undefined });
      // The registry at hand has the linter for this platform only: nobody here can say what the others are.
      const isElsewhere = optional === true && path.startsWith('node_modules/@biomejs/cli-');
      if (!isElsewhere || integrity !== undefined) expect(integrity, path).toMatch(/^sha512-/);
    }
    for (const platform of ['darwin-arm64', 'linux-x64-gnu', 'linux-x64-musl', 'win32-x64-msvc']) {
      expect(Object.keys(lock.packages)).toContain(`node_modules/@rolldown/binding-${platform}`);
    }
  }
});

test('a new folder holds everything, the manifest with the hash of each file included', async () => {
  await withTemporaryFolder(async (folder) => {
    const directory = join(folder, 'blog');
    const order = { directory, project: projectOf(readSchema('blog')), into: 'new-folder' } as const;
    const { project, written } = await scaffold(order, scaffoldServices);
    const there = filesBelow(directory).filter((path) => !path.startsWith('.turbobackend/'));
    expect(there.sort()).toEqual([...written].sort());
    const manifest: Project = JSON.parse(readFileSync(join(directory, 'turbobackend.json'), 'utf8'));
    expect(manifest).toEqual(project);
    for (const [path, hash] of Object.entries(manifest.files)) {
      expect(sha256(readFileSync(join(directory, path), 'utf8')), path).toBe(hash);
    }
    await expect(scaffold(order, scaffoldServices)).rejects.toMatchObject({ code: 'project.exists' });
  });
});

test('in an existing folder a second run changes nothing', async () => {
  await withTemporaryFolder(async (folder) => {
    const order = { directory: folder, project: projectOf(readSchema('blog')), into: 'existing-folder' } as const;
    const first = await scaffold(order, scaffoldServices);
    const second = await scaffold({ ...order, project: first.project }, scaffoldServices);
    const nothing = { written: [], merged: [], conflicts: [], kept: [], gone: [], removed: [] };
    expect(second).toEqual({ ...nothing, project: first.project });
  });
});

test('what is ignored grows by our lines and keeps all others', async () => {
  await withTemporaryFolder(async (folder) => {
    writeFileSync(join(folder, '.gitignore'), '.env\nmine/');
    const order = { directory: folder, project: projectOf(null), into: 'existing-folder' } as const;
    const { project, kept } = await scaffold(order, scaffoldServices);
    expect(kept).toEqual([]);
    const lines = readFileSync(join(folder, '.gitignore'), 'utf8').trim().split('\n');
    expect(lines.slice(0, 2)).toEqual(['.env', 'mine/']);
    expect(lines).toEqual(expect.arrayContaining(['node_modules/', '.output/', '.env.*', '!.env.example']));
    expect(lines.filter((line) => line === '.env')).toHaveLength(1);
    expect((await scaffold({ ...order, project }, scaffoldServices)).written).toEqual([]);
  });
});

test('a manifest edited to name files elsewhere makes nothing happen there', async () => {
  await withTemporaryFolder(async (folder) => {
    const directory = join(folder, 'project');
    writeFileSync(join(folder, 'victim.txt'), 'precious');
    const project = { ...projectOf(null), files: { 'server/../../victim.txt': sha256('precious') } };
    const order = { directory, project, into: 'existing-folder' } as const;
    await expect(scaffold(order, scaffoldServices)).rejects.toMatchObject({ code: 'workspace.unwritable' });
    expect(readFileSync(join(folder, 'victim.txt'), 'utf8')).toBe('precious');
  });
});

test('templates that somebody edited are told of, and the project is written all the same', async () => {
  await withTemporaryFolder(async (home) => {
    const sums = join(home, 'sums.json');
    writeFileSync(sums, JSON.stringify({ 'project/base/gone.ts': 'a sum' }));
    const told: ProgressEvent[] = [];
    const services = {
      ...scaffoldServices,
      templates: localTemplates(join(repositoryRoot, 'templates'), sums),
      progress: (event: ProgressEvent) => told.push(event),
    };
    const order = { directory: join(home, 'api'), project: projectOf(null), into: 'new-folder' } as const;
    expect((await scaffold(order, services)).written).toContain('package.json');
    const message = expect.stringMatching(/^project\/\S+ and \d+ more of our templates are not as turbobackend came/);
    expect(told).toContainEqual({ kind: 'warning', message });
  });
});
