import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { localPrograms } from '../../../src/adapters/programs/local/local-programs.ts';
import type { Project } from '../../../src/domain/project.ts';
import type { Schema } from '../../../src/domain/schema.ts';
import { checkScaffold, scaffold } from '../../../src/phases/scaffold.ts';
import { projectOf, readSchema, run, scaffoldServices } from '../../support/generated-projects.ts';
import { withTemporaryFolder } from '../../support/temporary-folder.ts';

const blog = readSchema('blog');

/** The blog, whose tags have one more column. */
const grown: Schema = {
  ...blog,
  tables: blog.tables.map((table) =>
    table.name === 'tags'
      ? { ...table, columns: [...table.columns, { ...columnOf('posts', 'title'), name: 'motto', unique: false }] }
      : table,
  ),
};

function columnOf(table: string, name: string): Schema['tables'][number]['columns'][number] {
  const found = blog.tables.find((one) => one.name === table)?.columns.find((column) => column.name === name);
  return found ?? expect.fail(`no ${table}.${name}`);
}

const TAGS = 'server/schemas/tags.ts';
const USERS = 'server/schemas/users.ts';

interface Scene {
  readonly folder: string;
  readonly path: (name: string) => string;
  readonly text: (name: string) => string;
  readonly edit: (name: string, change: (text: string) => string) => void;
  /** Generates again, from the schema as it has grown unless another is given. */
  readonly again: (schema?: Schema, more?: object) => ReturnType<typeof scaffold>;
}

async function withBlog(work: (scene: Scene) => Promise<void>): Promise<void> {
  await withTemporaryFolder(async (root) => {
    const folder = join(root, 'blog');
    await scaffold({ directory: folder, project: projectOf(blog), into: 'new-folder' }, scaffoldServices);
    const path = (name: string) => join(folder, name);
    const text = (name: string) => readFileSync(path(name), 'utf8');
    const again: Scene['again'] = (schema = grown, more = {}) => {
      const project: Project = { ...JSON.parse(text('turbobackend.json')), schema };
      return scaffold({ directory: folder, project, into: 'existing-folder', ...more }, scaffoldServices);
    };
    await work({ folder, path, text, edit: (name, change) => writeFileSync(path(name), change(text(name))), again });
  });
}

const MINE = '// mine, at the top\n';

test('what a person changed and what changed for us are both there afterwards, and once', async () => {
  await withBlog(async ({ text, edit, again }) => {
    edit(TAGS, (before) => MINE + before);
    edit(USERS, (before) => MINE + before);
    const result = await again();
    expect(result).toMatchObject({ merged: [TAGS], conflicts: [], kept: [], gone: [] });
    expect(text(TAGS).startsWith(MINE)).toBe(true);
    expect(text(TAGS)).toContain('motto');
    expect(text(USERS).startsWith(MINE)).toBe(true);
    const after = text(TAGS);
    expect(await again()).toMatchObject({ written: [], merged: [], conflicts: [] });
    expect(text(TAGS)).toBe(after);
    // Back again: only our change goes.
    expect(await again(blog)).toMatchObject({ merged: [TAGS] });
    expect(text(TAGS)).not.toContain('motto');
    expect(text(TAGS).startsWith(MINE)).toBe(true);
  });
});

test('the same lines changed by both are left as an ordinary conflict until somebody decides', async () => {
  await withBlog(async ({ folder, text, edit, again }) => {
    const lines = (await linesThatChange()).map((line) => line.trim());
    edit(TAGS, (before) =>
      before
        .split('\n')
        .map((line) => (lines.includes(line.trim()) ? `${line} // mine` : line))
        .join('\n'),
    );
    const result = await again();
    expect(result.conflicts).toEqual([TAGS]);
    expect(text(TAGS)).toMatch(/^<{7} yours\n[\s\S]*\/\/ mine[\s\S]*^={7}\n[\s\S]*motto[\s\S]*^>{7} generated$/m);
    const undecided = text(TAGS);
    expect(await again()).toMatchObject({ conflicts: [TAGS], merged: [] });
    expect(await again(blog)).toMatchObject({ conflicts: [TAGS] });
    expect(text(TAGS)).toBe(undecided);
    edit(TAGS, (before) => before.replace(/<{7} yours\n[\s\S]*?={7}\n([\s\S]*?)>{7} generated\n/g, '$1'));
    expect((await again()).conflicts).toEqual([]);
    expect(existsSync(join(folder, '.turbobackend/merge', encodeURIComponent(TAGS)))).toBe(false);
  });
});

/** Lines of the file that the other schema takes away or replaces. */
async function linesThatChange(): Promise<readonly string[]> {
  const { scaffoldFiles } = await import('../../../src/phases/scaffold.ts');
  const template = await scaffoldServices.templates.readTree('project');
  const of = (schema: Schema) => (scaffoldFiles(projectOf(schema), template)[TAGS] ?? '').split('\n');
  const [before, after] = [of(blog), of(grown)];
  const at = before.findIndex((line, index) => line !== after[index]);
  return before.slice(Math.max(0, at - 1), at + 1);
}

test('what a person took away or renamed stays away, until it is asked for', async () => {
  await withBlog(async ({ path, text, again }) => {
    const before = text(TAGS);
    writeFileSync(path('server/schemas/labels.ts'), before);
    rmSync(path(TAGS));
    expect(await again()).toMatchObject({ gone: [TAGS], conflicts: [] });
    expect(existsSync(path(TAGS))).toBe(false);
    expect(text('server/schemas/labels.ts')).toBe(before);
    expect((await again(grown, { restore: true })).written).toContain(TAGS);
    expect(text(TAGS)).toContain('motto');
  });
});

test('line ends of Windows stay, whether a person changed the file or git did', async () => {
  await withBlog(async ({ text, edit, again }) => {
    edit(TAGS, (before) => before.replaceAll('\n', '\r\n'));
    edit('server/data/tags.ts', (before) => (MINE + before).replaceAll('\n', '\r\n'));
    const result = await again();
    expect(result).toMatchObject({ merged: ['server/data/tags.ts'], conflicts: [], kept: [] });
    for (const name of [TAGS, 'server/data/tags.ts']) {
      expect(text(name)).toContain('motto');
      expect(text(name).replaceAll('\r\n', '')).not.toContain('\n');
    }
  });
});

test('a binary file, a link and what lies in custom are left as they are, and rights stay', async () => {
  await withBlog(async ({ folder, path, text, edit, again }) => {
    const binary = Buffer.from([0x2f, 0x2f, 0xff, 0x00, 0x0a]);
    writeFileSync(path(TAGS), binary);
    const elsewhere = join(dirname(folder), 'elsewhere.ts');
    writeFileSync(elsewhere, '// precious\n');
    rmSync(path('server/data/tags.ts'));
    symlinkSync(elsewhere, path('server/data/tags.ts'));
    edit('server/custom/README.md', () => 'mine');
    mkdirSync(path('server/custom/deep'));
    writeFileSync(path('server/custom/deep/mine.ts'), 'export const mine = 1;\n');
    edit('client/index.ts', (before) => MINE + before);
    chmodSync(path('client/index.ts'), 0o755);
    chmodSync(path('server/openapi.json'), 0o600);
    const result = await again();
    expect(result.kept).toEqual(['server/custom/README.md', 'server/data/tags.ts', TAGS]);
    expect(result.merged).toEqual(['client/index.ts']);
    expect(readFileSync(path(TAGS)).equals(binary)).toBe(true);
    expect(lstatSync(path('server/data/tags.ts')).isSymbolicLink()).toBe(true);
    expect([readFileSync(elsewhere, 'utf8'), text('server/custom/README.md')]).toEqual(['// precious\n', 'mine']);
    expect(text('server/custom/deep/mine.ts')).toBe('export const mine = 1;\n');
    const modes = ['client/index.ts', 'server/openapi.json'].map((name) => statSync(path(name)).mode & 0o777);
    expect(modes).toEqual([0o755, 0o600]);
  });
});

test('files of a table that is gone go, unless a person changed them', async () => {
  await withBlog(async ({ path, edit, again }) => {
    edit('server/data/post_tags.ts', (before) => MINE + before);
    const fewer: Schema = { ...blog, tables: blog.tables.filter((table) => table.name !== 'post_tags') };
    const result = await again(fewer);
    expect(result.kept).toEqual(['server/data/post_tags.ts']);
    expect(result.removed).toContain('server/schemas/post_tags.ts');
    expect(existsSync(path('server/schemas/post_tags.ts'))).toBe(false);
    expect(existsSync(path('.turbobackend/generated/server/schemas/post_tags.ts'))).toBe(false);
  });
});

test('a look tells what would change, and changes nothing', async () => {
  await withBlog(async ({ folder, text, edit, again }) => {
    edit(TAGS, (before) => MINE + before);
    const before = text(TAGS);
    const project: Project = { ...JSON.parse(text('turbobackend.json')), schema: grown };
    const found = await checkScaffold({ directory: folder, project }, scaffoldServices);
    expect(found.merged).toEqual([TAGS]);
    expect(text(TAGS)).toBe(before);
    const { written, merged } = await again();
    expect({ written, merged }).toEqual({ written: found.written, merged: found.merged });
    const now: Project = JSON.parse(text('turbobackend.json'));
    expect(await checkScaffold({ directory: folder, project: now }, scaffoldServices)).toMatchObject({
      written: [],
      merged: [],
    });
  });
});

test('where the last version or git is missing, what a person changed is left alone and told', async () => {
  await withBlog(async ({ folder, path, text, edit, again }) => {
    edit(TAGS, (before) => MINE + before);
    const manifest = text('turbobackend.json');
    const project: Project = { ...JSON.parse(manifest), schema: grown };
    const programs = localPrograms({ home: folder, environment: { PATH: '/nonexistent' } });
    const order = { directory: folder, project };
    expect((await checkScaffold(order, { ...scaffoldServices, programs })).kept).toEqual([TAGS]);
    rmSync(path('.turbobackend'), { recursive: true });
    expect((await again()).kept).toEqual([TAGS]);
    expect(text(TAGS).startsWith(MINE)).toBe(true);
  });
});

test('cut off after any write, the next run comes to the same files', async () => {
  for (const writes of [1, 4, 7, 10, 13]) {
    await withBlog(async ({ path, text, edit, again }) => {
      edit(TAGS, (before) => MINE + before);
      rmSync(path('test/tags.test.mjs'));
      let left = writes;
      const cut = <A extends readonly unknown[]>(work: (...args: A) => Promise<void>) => {
        return async (...args: A): Promise<void> => {
          left -= 1;
          if (left < 0) throw new Error('cut');
          return work(...args);
        };
      };
      const { workspace } = scaffoldServices;
      const mortal = {
        ...workspace,
        write: cut(workspace.write),
        rewrite: cut(workspace.rewrite),
        remove: cut(workspace.remove),
      };
      const project: Project = { ...JSON.parse(text('turbobackend.json')), schema: grown };
      const order = { directory: path('.'), project, into: 'existing-folder' } as const;
      await expect(scaffold(order, { ...scaffoldServices, workspace: mortal })).rejects.toThrow('cut');
      const result = await again();
      expect({ writes, conflicts: result.conflicts, kept: result.kept, gone: result.gone }).toEqual({
        writes,
        conflicts: [],
        kept: [],
        gone: ['test/tags.test.mjs'],
      });
      expect(text(TAGS).startsWith(MINE)).toBe(true);
      expect(text(TAGS)).toContain('motto');
      expect(await again()).toMatchObject({ written: [], merged: [], conflicts: [], kept: [] });
    });
  }
});

test('a clone has what a merge starts from, and reports and scratch files are no part of it', async () => {
  await withBlog(async ({ folder, path, text, edit }) => {
    mkdirSync(path('.turbobackend/mutation'), { recursive: true });
    writeFileSync(path('.turbobackend/mutation/x'), '');
    const git = (...args: string[]) =>
      run('git', ['-c', 'user.name=a', '-c', 'user.email=a@example.com', '-c', 'init.defaultBranch=main', ...args], {
        cwd: folder,
      });
    edit(TAGS, (before) => MINE + before);
    for (const args of [
      ['init', '-q'],
      ['add', '-A'],
      ['commit', '-qm', 'x'],
      ['clone', '-q', '.', `${folder}-clone`],
    ]) {
      expect(await git(...args)).toMatchObject({ code: 0 });
    }
    const clone = `${folder}-clone`;
    expect(existsSync(join(clone, '.turbobackend/mutation'))).toBe(false);
    const project: Project = { ...JSON.parse(text('turbobackend.json')), schema: grown };
    const result = await scaffold({ directory: clone, project, into: 'existing-folder' }, scaffoldServices);
    expect(result.merged).toEqual([TAGS]);
  });
});
