import { readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { localArchive } from '../../../src/adapters/archive/local/local-archive.ts';
import { withTemporaryFolder } from '../../support/temporary-folder.ts';

const projectId = 'abcdefghijklmnop';
const place = { projectId, folder: '1-before-x' };

async function linesOf(lines: AsyncIterable<string>): Promise<string[]> {
  const found: string[] = [];
  for await (const line of lines) found.push(line);
  return found;
}

test('what is written is read again line by line, is for its owner only, and is listed until it is removed', async () => {
  await withTemporaryFolder(async (home) => {
    const archive = localArchive({ home });
    const lines = ['plain', '', 'line\u2028separator\r', `${'☃'.repeat(100_000)}`];
    const file = await archive.write(
      place,
      'rows.gz',
      lines.map((line) => `${line}\n`),
    );
    expect(await linesOf(archive.readLines(place, file ?? { name: '', sha256: '' }))).toEqual(lines);
    expect(statSync(archive.pathOf(place)).mode & 0o777).toBe(0o700);
    expect(statSync(join(home, 'versions')).mode & 0o777).toBe(0o700);
    expect(statSync(join(archive.pathOf(place), 'rows.gz')).mode & 0o777).toBe(0o600);
    expect(await archive.list()).toEqual([{ ...place, bytes: file?.bytes }]);
    await archive.remove(projectId);
    await archive.remove(projectId, 'never-there');
    expect(await archive.list()).toEqual([]);
  });
});

test('a file that was changed, cut or taken away gives no line', async () => {
  await withTemporaryFolder(async (home) => {
    const archive = localArchive({ home });
    const file = (await archive.write(place, 'rows.gz', ['a\n'])) ?? { name: '', sha256: '' };
    await expect(linesOf(archive.readLines(place, { ...file, name: 'other.gz' }))).rejects.toMatchObject({
      code: 'version.damaged',
    });
    writeFileSync(join(archive.pathOf(place), 'rows.gz'), 'x');
    await expect(linesOf(archive.readLines(place, file))).rejects.toMatchObject({ code: 'version.damaged' });
  });
});

test('one that grows too large, or whose rows break off, leaves nothing', async () => {
  await withTemporaryFolder(async (home) => {
    const archive = localArchive({ home });
    const noise = Array.from({ length: 2000 }, () => `${Math.random()}\n`);
    expect(await archive.write(place, 'rows.gz', noise, { maxBytes: 1000 })).toBeNull();
    async function* broken() {
      yield 'a\n';
      throw new Error('connection lost');
    }
    await expect(archive.write(place, 'rows.gz', broken())).rejects.toThrow('connection lost');
    expect(readdirSync(archive.pathOf(place))).toEqual([]);
  });
});

test('no name leads out of the folder', async () => {
  await withTemporaryFolder(async (home) => {
    const archive = localArchive({ home });
    await expect(async () => archive.remove('..')).rejects.toThrow(RangeError);
    await expect(async () => archive.write({ projectId, folder: '../x' }, 'a', [])).rejects.toThrow(RangeError);
  });
});
