import { readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { LineCutter, LogWriter, MAX_LINE_BYTES } from '../../../../src/adapters/deploy-target/local/log-writer.ts';
import { readLog } from '../../../../src/adapters/deploy-target/local/read-log.ts';
import { linesOf } from '../../../contracts/deploy-target.ts';
import { eventually, withTarget } from '../../../support/fake-backend.ts';
import { withTemporaryFolder } from '../../../support/temporary-folder.ts';

const POLICY = { maxBytes: 20_000, maxFiles: 4 };

const numbers = (lines: readonly string[]) => lines.map((line) => Number(line.split(' ')[0]));

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);

test('the log is rotated by size, and the last lines are read across files', () =>
  withTarget(
    async ({ home, target, project }) => {
      const order = project();
      const { url } = await target.start(order);
      await fetch(`${url}/shout?lines=2000&width=60`);
      await target.stop(order.projectId);
      const folder = join(home, 'projects', order.projectId, 'logs');
      const files = readdirSync(folder).sort();
      expect(files).toEqual(['server.log', 'server.log.1', 'server.log.2', 'server.log.3']);
      for (const file of files) expect(statSync(join(folder, file)).size).toBeLessThan(90_000);
      const lines = await linesOf(target.logs(order.projectId, { lines: 501, follow: false }));
      expect(lines.pop()).toBe('saying goodbye');
      expect(numbers(lines)).toEqual(range(1501, 2000));
    },
    { log: POLICY },
  ));

test('following misses no line and repeats none while the log is rotated under it', () =>
  withTemporaryFolder(async (folder) => {
    const file = join(folder, 'server.log');
    const writer = new LogWriter(file, { maxBytes: 4000, maxFiles: 3 });
    writer.write(Buffer.from('0 before\n'));
    const stop = new AbortController();
    const seen: string[] = [];
    const following = (async () => {
      for await (const line of readLog(file, { lines: 10, follow: true, signal: stop.signal })) seen.push(line);
    })();
    await eventually(
      () => seen.length,
      (count) => count === 1,
      'the first line',
    );
    for (let line = 1; line <= 1500; line += 1) {
      writer.write(Buffer.from(`${line} ${'y'.repeat(50)}\n`));
      // About one rotation between two looks of the reader, so that it always finds its way.
      if (line % 60 === 0)
        await eventually(
          () => seen.length,
          (count) => count === line + 1,
          `line ${line}`,
        );
    }
    stop.abort();
    await following;
    writer.close();
    expect(numbers(seen)).toEqual(range(0, 1500));
  }));

test('a follower that slept through several rotations reads on where it was, then the oldest line that is left', () =>
  withTemporaryFolder(async (folder) => {
    const file = join(folder, 'server.log');
    const writer = new LogWriter(file, { maxBytes: 1000, maxFiles: 3 });
    writer.write(Buffer.from('0 first\n'));
    const stop = new AbortController();
    const lines = readLog(file, { lines: 1, follow: true, signal: stop.signal });
    expect((await lines.next()).value).toBe('0 first');
    for (let line = 1; line <= 200; line += 1) writer.write(Buffer.from(`${line} ${'z'.repeat(40)}\n`));
    const seen: string[] = [];
    while (numbers(seen).at(-1) !== 200) seen.push(String((await lines.next()).value));
    // The file it had open is read to its end though it is deleted by now; then come the three that are left.
    const found = numbers(seen);
    const gap = found.findIndex((line, index) => line !== index + 1);
    const [next = 0] = found.slice(gap);
    expect(gap).toBeGreaterThan(10);
    expect(found.slice(gap)).toEqual(range(next, 200));
    expect(next).toBeLessThan(170);
    stop.abort();
    expect((await lines.next()).done).toBe(true);
    writer.close();
  }));

test('following waits for a log that does not exist yet, and ends when the project is removed', () =>
  withTarget(async ({ target, project }) => {
    const order = project();
    const seen: string[] = [];
    const following = (async () => {
      for await (const line of target.logs(order.projectId, { lines: 10, follow: true })) seen.push(line);
    })();
    await target.start(order);
    await eventually(
      () => seen,
      (lines) => lines.includes('listening'),
      'the first line',
    );
    await target.remove(order.projectId);
    await following;
  }));

test('a signal that has fired already ends the reading at once', () =>
  withTemporaryFolder(async (folder) => {
    const file = join(folder, 'server.log');
    writeFileSync(file, 'one\ntwo\n');
    expect(await linesOf(readLog(file, { lines: 9, follow: true, signal: AbortSignal.abort() }))).toEqual([]);
  }));

test.each([
  ['nothing', 0, []],
  ['less than nothing', -3, []],
  ['one', 1, ['three é']],
  ['all', 3, ['one', '', 'three é']],
  ['more than there is', 99, ['one', '', 'three é']],
])('asked for %s it gives that many lines', (_name, lines, want) =>
  withTemporaryFolder(async (folder) => {
    writeFileSync(join(folder, 'server.log.1'), 'one\n\n');
    writeFileSync(join(folder, 'server.log'), 'three é\n');
    expect(await linesOf(readLog(join(folder, 'server.log'), { lines, follow: false }))).toEqual(want);
  }),
);

test('two streams share a log without tearing lines, and a line without an end is let go', () => {
  const written: string[] = [];
  const [out, err] = [0, 1].map(() => new LineCutter((lines) => written.push(lines.toString())));
  out?.push(Buffer.from('one t'));
  err?.push(Buffer.from('trouble\n'));
  out?.push(Buffer.from('wo\nthree'));
  out?.end();
  expect(written.join('')).toBe('trouble\none two\nthree\n');
  err?.push(Buffer.alloc(3 * MAX_LINE_BYTES, 'a'));
  expect(written.at(-1)).toHaveLength(3 * MAX_LINE_BYTES + 1);
});

test('a disk that refuses loses lines, says how many, and goes on', () =>
  withTemporaryFolder(async (folder) => {
    writeFileSync(join(folder, 'logs'), 'a file where the folder should be');
    const writer = new LogWriter(join(folder, 'logs', 'server.log'), POLICY);
    writer.write(Buffer.from('lost\n'));
    const { rmSync } = await import('node:fs');
    rmSync(join(folder, 'logs'));
    writer.write(Buffer.from('kept\n'));
    writer.close();
    const lines = await linesOf(readLog(join(folder, 'logs', 'server.log'), { lines: 9, follow: false }));
    expect(lines).toEqual(['[turbobackend] 5 bytes of log were lost: the disk refused them', 'kept']);
  }));
