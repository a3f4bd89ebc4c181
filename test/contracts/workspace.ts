import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Workspace } from '../../src/ports/workspace.ts';
import { withTemporaryFolder } from '../support/temporary-folder.ts';

/** What every workspace promises, whatever lies behind it. */
export function describeWorkspace(name: string, open: () => Workspace): void {
  describe(name, () => {
    const workspace = open();

    test('a folder that is not there is null, one that is there is its names', async () => {
      await withTemporaryFolder(async (folder) => {
        expect(await workspace.list(join(folder, 'none'))).toBeNull();
        writeFileSync(join(folder, 'b'), '');
        mkdirSync(join(folder, 'a'));
        expect(await workspace.list(folder)).toEqual(['a', 'b']);
      });
    });

    test('a written file is read back, with its mode, and nothing else is left beside it', async () => {
      await withTemporaryFolder(async (folder) => {
        expect(await workspace.read(folder, 'a/b.txt')).toBeNull();
        await workspace.write(folder, 'a/b.txt', 'one ✓');
        await workspace.write(folder, 'a/b.txt', 'two', { mode: 0o600 });
        expect(await workspace.read(folder, 'a/b.txt')).toBe('two');
        expect(statSync(join(folder, 'a/b.txt')).mode & 0o777).toBe(0o600);
        expect(readdirSync(join(folder, 'a'))).toEqual(['b.txt']);
      });
    });

    test('a file that others got a right to is told from one they have none to, and closed, once', async () => {
      await withTemporaryFolder(async (folder) => {
        expect(await workspace.protect(folder, 'secret')).toBe(false);
        expect(await workspace.isExposed(folder, 'secret')).toBe(false);
        await workspace.write(folder, 'secret', 'x', { mode: 0o600 });
        expect(await workspace.protect(folder, 'secret')).toBe(false);
        expect(await workspace.isExposed(folder, 'secret')).toBe(false);
        chmodSync(join(folder, 'secret'), 0o644);
        expect(await workspace.isExposed(folder, 'secret')).toBe(true);
        expect([await workspace.protect(folder, 'secret'), await workspace.protect(folder, 'secret')]).toEqual([
          true,
          false,
        ]);
        expect(statSync(join(folder, 'secret')).mode & 0o777).toBe(0o600);
      });
    });

    test('a file for its owner only is not written where everybody could replace it', async () => {
      await withTemporaryFolder(async (folder) => {
        const shared = join(folder, 'shared');
        mkdirSync(shared);
        chmodSync(shared, 0o777);
        const writing = workspace.write(shared, 'secret', 'x', { mode: 0o600 });
        await expect(writing).rejects.toMatchObject({
          code: 'workspace.unwritable',
          hint: expect.stringContaining('chmod o-w'),
        });
        expect(readdirSync(shared)).toEqual([]);
        await workspace.write(shared, 'public', 'x');
        // In a sticky folder, like /tmp, nobody can rename what is another's.
        chmodSync(shared, 0o1777);
        await workspace.write(shared, 'secret', 'x', { mode: 0o600 });
      });
    });

    test('the bytes of the files that are wanted are read, also what is no text, and links are not followed', async () => {
      await withTemporaryFolder(async (folder) => {
        const bytes = Uint8Array.from([0xff, 0xfe, 0x00, 0xc3]);
        const inside = join(folder, 'project');
        await workspace.createFolder(inside, { 'a.bin': bytes, 'b/c.txt': 'text', 'skipped/d.txt': 'x', 'e.log': 'x' });
        symlinkSync('/etc/passwd', join(inside, 'link'));
        symlinkSync('/etc', join(inside, 'linked'));
        const isWanted = (path: string) => path !== 'skipped/' && !path.endsWith('.log');
        const read = await workspace.readFiles(inside, { isWanted, maxBytes: 100 });
        expect(Object.keys(read)).toEqual(['a.bin', 'b/c.txt']);
        expect([...(read['a.bin'] ?? [])]).toEqual([...bytes]);
        expect(Buffer.from(read['b/c.txt'] ?? []).toString()).toBe('text');
        const tooMuch = workspace.readFiles(inside, { isWanted, maxBytes: 7 });
        await expect(tooMuch).rejects.toMatchObject({ code: 'limit.reached' });
      });
    });

    test('a file that is written again keeps the rights it has, and is told from links and folders', async () => {
      await withTemporaryFolder(async (folder) => {
        await workspace.write(folder, 'run', 'one', { mode: 0o755 });
        await workspace.rewrite(folder, 'run', 'two');
        await workspace.rewrite(folder, 'new', 'text');
        expect(statSync(join(folder, 'run')).mode & 0o777).toBe(0o755);
        expect(statSync(join(folder, 'new')).mode & 0o777).toBe(0o644);
        expect(await workspace.read(folder, 'run')).toBe('two');
        symlinkSync(join(folder, 'run'), join(folder, 'link'));
        mkdirSync(join(folder, 'folder'));
        const names = ['run', 'link', 'folder', 'none', 'run/below'];
        const found = await Promise.all(names.map((name) => workspace.isFile(folder, name)));
        expect(found).toEqual([true, false, false, false, false]);
      });
    });

    test('of many that create one file one succeeds, and what is there stays', async () => {
      await withTemporaryFolder(async (folder) => {
        const makers = Array.from({ length: 10 }, (_, at) => workspace.createFile(folder, 'a/lock', String(at)));
        const made = await Promise.all(makers);
        expect(made.filter(Boolean)).toHaveLength(1);
        expect(await workspace.read(folder, 'a/lock')).toBe(String(made.indexOf(true)));
        symlinkSync('/nowhere/at/all', join(folder, 'dangling'));
        expect(await workspace.createFile(folder, 'dangling', 'x')).toBe(false);
        await expect(workspace.createFile(folder, '../escape', 'x')).rejects.toMatchObject({
          code: 'workspace.unwritable',
        });
      });
    });

    test('many writers of one file leave one of their texts, whole', async () => {
      await withTemporaryFolder(async (folder) => {
        const texts = Array.from({ length: 20 }, (_, index) => String(index).repeat(50_000));
        await Promise.all(texts.map((text) => workspace.write(folder, 'file', text)));
        expect(texts).toContain(await workspace.read(folder, 'file'));
        expect(readdirSync(folder)).toEqual(['file']);
      });
    });

    test.each(['../x', '/etc/x', 'a/../../x', '', '.', 'a//b', 'a\\..\\x', 'a\0b', 'C:x'])(
      'the name %j leads nowhere',
      async (path) => {
        await withTemporaryFolder(async (folder) => {
          const inside = join(folder, 'project');
          mkdirSync(inside);
          const refused = { code: 'workspace.unwritable' };
          await expect(workspace.write(inside, path, 'x')).rejects.toMatchObject(refused);
          await expect(workspace.read(inside, path)).rejects.toMatchObject(refused);
          await expect(workspace.remove(inside, path)).rejects.toMatchObject(refused);
          await expect(workspace.createFolder(join(folder, 'new'), { [path]: 'x' })).rejects.toMatchObject(refused);
          expect(readdirSync(folder)).toEqual(['project']);
        });
      },
    );

    test('a link on the way is refused, a link at the end is replaced and not followed', async () => {
      await withTemporaryFolder(async (folder) => {
        const [inside, outside] = [join(folder, 'in'), join(folder, 'out')];
        mkdirSync(inside);
        mkdirSync(outside);
        writeFileSync(join(outside, 'victim'), 'precious');
        symlinkSync(outside, join(inside, 'way'));
        symlinkSync(join(outside, 'victim'), join(inside, 'end'));
        symlinkSync(join(outside, 'missing'), join(inside, 'dangling'));
        await expect(workspace.write(inside, 'way/victim', 'x')).rejects.toMatchObject({
          code: 'workspace.unwritable',
        });
        await expect(workspace.remove(inside, 'way/victim')).rejects.toMatchObject({ code: 'workspace.unwritable' });
        await workspace.write(inside, 'end', 'x');
        await workspace.write(inside, 'dangling', 'x');
        expect(readFileSync(join(outside, 'victim'), 'utf8')).toBe('precious');
        expect(readdirSync(outside)).toEqual(['victim']);
        expect(lstatSync(join(inside, 'end')).isSymbolicLink()).toBe(false);
      });
    });

    test('a new folder is there whole, also where an empty one was, and with the modes asked for', async () => {
      await withTemporaryFolder(async (folder) => {
        const directory = join(folder, 'deep/down/project');
        mkdirSync(directory, { recursive: true });
        await workspace.createFolder(directory, { '.env': 'S=1', 'a/b': 'x' }, { modes: { '.env': 0o600 } });
        expect(await workspace.list(directory)).toEqual(['.env', 'a']);
        expect(statSync(join(directory, '.env')).mode & 0o777).toBe(0o600);
        expect(readdirSync(join(folder, 'deep/down'))).toEqual(['project']);
      });
    });

    test('what is in the way stays, and is named', async () => {
      await withTemporaryFolder(async (folder) => {
        writeFileSync(join(folder, 'file'), 'mine');
        await expect(workspace.createFolder(folder, { a: 'x' })).rejects.toMatchObject({
          code: 'project.exists',
          message: expect.stringContaining('file'),
        });
        await expect(workspace.createFolder(join(folder, 'file'), { a: 'x' })).rejects.toMatchObject({
          code: 'project.exists',
        });
        expect(readdirSync(folder)).toEqual(['file']);
        expect(readFileSync(join(folder, 'file'), 'utf8')).toBe('mine');
      });
    });

    test('of several that make one folder at once, one wins and the others are told', async () => {
      await withTemporaryFolder(async (folder) => {
        const directory = join(folder, 'project');
        const tries = Array.from({ length: 5 }, (_, index) =>
          workspace.createFolder(directory, { who: String(index) }),
        );
        const results = await Promise.allSettled(tries);
        const lost = results.filter((result) => result.status === 'rejected');
        expect(lost.map(({ reason }) => reason.code)).toEqual(Array(4).fill('project.exists'));
        expect(readdirSync(folder)).toEqual(['project']);
      });
    });

    test('what an interrupted attempt left is taken away by the next', async () => {
      await withTemporaryFolder(async (folder) => {
        // No process has this number: it is above what Linux gives.
        mkdirSync(join(folder, '.project.tb-new-99999999-abcd/server'), { recursive: true });
        await workspace.createFolder(join(folder, 'project'), { a: 'x' });
        expect(readdirSync(folder)).toEqual(['project']);
      });
    });

    test('a place that can be written passes without a trace', async () => {
      await withTemporaryFolder(async (folder) => {
        await workspace.checkWritable(join(folder, 'not/there/yet'));
        expect(readdirSync(folder)).toEqual([]);
      });
    });

    test('a place that cannot be written is refused without a trace', async () => {
      await withTemporaryFolder(async (folder) => {
        writeFileSync(join(folder, 'file'), '');
        const refused = { code: 'workspace.unwritable' };
        await expect(workspace.checkWritable(join(folder, 'file/below'))).rejects.toMatchObject(refused);
        if (process.platform === 'linux')
          await expect(workspace.checkWritable('/proc/x')).rejects.toMatchObject(refused);
        await expect(workspace.write(folder, 'file/below', 'x')).rejects.toMatchObject(refused);
        if (process.getuid?.() !== 0) {
          chmodSync(folder, 0o500);
          await expect(workspace.checkWritable(join(folder, 'x'))).rejects.toMatchObject(refused);
          chmodSync(folder, 0o700);
        }
        expect(readdirSync(folder)).toEqual(['file']);
      });
    });

    test('removing twice is the same as once, and a link is never walked through', async () => {
      await withTemporaryFolder(async (folder) => {
        const project = join(folder, 'project');
        await workspace.createFolder(project, { 'a/b': 'x' });
        await workspace.remove(project, 'a/b');
        await workspace.remove(project, 'a/b');
        writeFileSync(join(folder, 'victim'), 'precious');
        symlinkSync(folder, join(project, 'link'));
        await workspace.removeFolder(project);
        await workspace.removeFolder(project);
        expect(readdirSync(folder)).toEqual(['victim']);
        mkdirSync(join(folder, 'real'));
        symlinkSync(join(folder, 'real'), project);
        await expect(workspace.removeFolder(project)).rejects.toMatchObject({ code: 'workspace.unwritable' });
        await expect(workspace.removeFolder('/')).rejects.toMatchObject({ code: 'workspace.unwritable' });
      });
    });
  });
}
