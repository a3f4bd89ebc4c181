import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { inspectLockFile, withLockFile } from '../../../src/adapters/cluster/embedded/lock-file.ts';
import { ownIdentity, processStart } from '../../../src/adapters/cluster/embedded/process-identity.ts';
import { isTurboError } from '../../../src/domain/errors.ts';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tb-lock-test-'));
  path = join(folder, 'lock');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('one at a time gets in, all get in, and nothing is left', async () => {
  let inside = 0;
  let most = 0;
  let count = 0;
  const work = async () => {
    inside += 1;
    most = Math.max(most, inside);
    await sleep(2);
    count += 1;
    inside -= 1;
  };
  await Promise.all(Array.from({ length: 30 }, () => withLockFile(path, work)));
  expect({ most, count, left: readdirSync(folder) }).toEqual({ most: 1, count: 30, left: [] });
});

test('the lock is let go when the work fails', async () => {
  await expect(withLockFile(path, () => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
  expect(existsSync(path)).toBe(false);
});

test('the result of the work comes back', async () => {
  expect(await withLockFile(path, () => Promise.resolve(7))).toBe(7);
});

const dead = async () => ({ ...(await ownIdentity()), pid: await deadPid(), token: 'a' });
const leftovers: [string, () => Promise<string>][] = [
  ['a process that is gone', async () => JSON.stringify(await dead())],
  [
    'a process whose pid was given to a living one',
    async () => JSON.stringify({ ...(await ownIdentity()), startedAt: '12', token: 'a' }),
  ],
];

test.each(leftovers)('what %s left is taken over, by many at once, one at a time', async (_name, content) => {
  writeFileSync(path, await content());
  expect(await inspectLockFile(path)).toMatchObject({ stale: true });
  let inside = 0;
  let most = 0;
  const work = async () => {
    inside += 1;
    most = Math.max(most, inside);
    await sleep(3);
    inside -= 1;
  };
  await Promise.all(Array.from({ length: 20 }, () => withLockFile(path, work)));
  expect(most).toBe(1);
  expect(readdirSync(folder)).toEqual([]);
});

test('a killed taking-over does not block the next one', async () => {
  const content = JSON.stringify(await dead());
  writeFileSync(path, content);
  const right = rightToBreak(content);
  writeFileSync(join(folder, right), JSON.stringify({ ...(await dead()), token: 'b' }));
  expect(await withLockFile(path, () => Promise.resolve('in'))).toBe('in');
  expect(readdirSync(folder)).toEqual([]);
});

test('a living holder is waited for, and named when it takes too long', async () => {
  const holder = { ...(await ownIdentity()), token: 'other' };
  writeFileSync(path, JSON.stringify(holder));
  const waited: (number | null)[] = [];
  const work = withLockFile(path, () => Promise.resolve(), { deadlineMs: 1500, onWait: (pid) => waited.push(pid) });
  const error: unknown = await work.catch((reason: unknown) => reason);
  expect(isTurboError(error, 'cluster.locked')).toBe(true);
  expect(String(error)).toContain(String(process.pid));
  expect(waited).toEqual([process.pid]);
  expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual(holder);
});

test.each(['', '{', '{"pid":1,"startedAt":"1","realm":"elsewhere"}'])(
  'a lock that cannot be judged (%j) counts as left only when it was not touched for long',
  async (content) => {
    writeFileSync(path, content);
    expect(await inspectLockFile(path)).toMatchObject({ stale: false });
    const longAgo = Date.now() / 1000 - 60;
    utimesSync(path, longAgo, longAgo);
    expect(await inspectLockFile(path)).toMatchObject({ stale: true });
    expect(await withLockFile(path, () => Promise.resolve('in'))).toBe('in');
  },
);

test('a process has a start while it lives and none when it is gone', async () => {
  expect(await processStart(process.pid)).toBe((await ownIdentity()).startedAt);
  expect(await processStart(await deadPid())).toBeNull();
});

async function deadPid(): Promise<number> {
  const child = spawn('true', { stdio: 'ignore' });
  await new Promise((resolve) => child.once('exit', resolve));
  return child.pid ?? 0;
}

/** Name of the file by which the right to break a lock of this content is held. */
function rightToBreak(content: string): string {
  return `lock.break-${createHash('sha256').update(content).digest('hex').slice(0, 16)}`;
}
