import { describe, expect, test } from 'vitest';
import { bucketArchive } from '../../../src/adapters/archive/bucket/bucket-archive.ts';
import { s3Store } from '../../../src/adapters/object-store/s3/s3-store.ts';
import type { Archive } from '../../../src/ports/archive.ts';
import { type FakeS3, startFakeS3 } from '../../support/fakes/s3.ts';
import { patientTime } from '../../support/patient-time.ts';

const KEY = { id: 'AKIAFAKE', secret: 'secret' };
const PLACE = { projectId: 'abcdefgh12345678', folder: '000-dev-a1' };

async function withArchive(use: (archive: Archive, s3: FakeS3) => Promise<void>): Promise<void> {
  const s3 = await startFakeS3({ keys: [KEY], buckets: ['kept'] });
  const store = s3Store({
    accessKeyId: KEY.id,
    secretAccessKey: KEY.secret,
    sessionToken: null,
    region: 'eu-central-1',
    endpoint: s3.url,
    bucket: 'kept',
    time: patientTime(),
  });
  try {
    await use(bucketArchive(store), s3);
  } finally {
    await s3.stop();
  }
}

async function linesOf(lines: AsyncIterable<string>): Promise<readonly string[]> {
  const found: string[] = [];
  for await (const line of lines) found.push(line);
  return found;
}

describe('texts put aside in a bucket', () => {
  test('come back line by line, empty lines and odd characters included', () =>
    withArchive(async (archive) => {
      const file = await archive.write(PLACE, '1.copy.gz', ['one\n\n', 'ä\u2028b\r\n', `${'x'.repeat(100_000)}\n`]);
      if (!file) throw new Error('it was not written');
      const lines = await linesOf(archive.readLines(PLACE, file));
      expect(lines).toEqual(['one', '', 'ä\u2028b\r', 'x'.repeat(100_000)]);
      expect(archive.pathOf(PLACE)).toBe('s3://kept/turbobackend/abcdefgh12345678/backups/000-dev-a1/');
    }));

  test('what would be too large is not written, and what fails on the way neither', () =>
    withArchive(async (archive, s3) => {
      const noise = Array.from({ length: 1000 }, (_, number) => `${Math.sin(number)}\n`);
      expect(await archive.write(PLACE, '1.copy.gz', noise, { maxBytes: 100 })).toBeNull();
      const failing = (async function* () {
        yield 'one\n';
        throw new Error('the rows cannot be read');
      })();
      await expect(archive.write(PLACE, '1.copy.gz', failing)).rejects.toThrow('the rows cannot be read');
      expect(s3.buckets.get('kept')?.objects.size).toBe(0);
    }));

  test('what is missing or not what was written is told before its first line', () =>
    withArchive(async (archive) => {
      const file = await archive.write(PLACE, '1.copy.gz', ['one\n']);
      await archive.write(PLACE, '1.copy.gz', ['other\n']);
      for (const wrong of [file, { name: '2.copy.gz', sha256: '0'.repeat(64) }]) {
        if (!wrong) throw new Error('it was not written');
        await expect(linesOf(archive.readLines(PLACE, wrong))).rejects.toMatchObject({ code: 'version.damaged' });
      }
    }));

  test('are listed by project and folder, and removed with it, and nothing beside', () =>
    withArchive(async (archive, s3) => {
      const other = { projectId: 'zzzzzzzz12345678', folder: 'x' };
      for (const place of [PLACE, { ...PLACE, folder: '001-dev-b2' }, other]) {
        await archive.write(place, '1.copy.gz', ['one\n']);
      }
      expect((await archive.list()).map(({ folder }) => folder)).toEqual(['000-dev-a1', '001-dev-b2', 'x']);
      await archive.remove(PLACE.projectId, PLACE.folder);
      expect((await archive.list()).map(({ folder }) => folder)).toEqual(['001-dev-b2', 'x']);
      await archive.remove(PLACE.projectId);
      expect((await archive.list()).map(({ projectId }) => projectId)).toEqual([other.projectId]);
      expect(s3.buckets.get('kept')?.objects.size).toBe(1);
    }));

  test('a name that leads elsewhere is refused', () =>
    withArchive(async (archive) => {
      await expect(archive.write({ ...PLACE, folder: '..' }, 'a', ['x'])).rejects.toThrow('not a name');
      await expect(archive.write(PLACE, '../a', ['x'])).rejects.toThrow('not a name');
    }));
});
