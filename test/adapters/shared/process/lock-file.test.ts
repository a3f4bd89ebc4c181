import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { rolldown } from 'rolldown';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { identifySelf } from '../../../../src/adapters/shared/process/identity.ts';
import { acquireLock, inspectLock, isLockHeld } from '../../../../src/adapters/shared/process/lock-file.ts';

let tools: string;
let racer: string;
let folder: string;
let path: string;

beforeAll(async () => {
  tools = mkdtempSync(join(tmpdir(), 'tb-lock-racer-'));
  racer = join(tools, 'racer.mjs');
  const built = await rolldown({
    input: new URL('./lock-racer.ts', import.meta.url).pathname,
    platform: 'node',
    logLevel: 'silent',
  });
  await built.write({ file: racer, format: 'esm' });
  await built.close();
});
afterAll(() => rmSync(tools, { recursive: true, force: true }));
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tb-lock-test-'));
  path = join(folder, 'lock');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function withLock<T>(work: () => T | Promise<T>): Promise<T> {
  const release = await acquireLock(path, { waitMs: 60_000 });
  if (release === null) throw new Error('somebody else kept the lock');
  try {
    return await work();
  } finally {
    release();
  }
}

/** Counts how many are inside at once, at most, when `people` of this process want in. */
async function mostInside(people: number): Promise<number> {
  let [inside, most] = [0, 0];
  const work = async () => {
    inside += 1;
    most = Math.max(most, inside);
    await sleep(2);
    inside -= 1;
  };
  await Promise.all(Array.from({ length: people }, () => withLock(work)));
  return most;
}

test('one at a time gets in, all get in, and nothing is left', async () => {
  expect(await mostInside(30)).toBe(1);
  expect(readdirSync(folder)).toEqual([]);
});

/** Starts racers, lets them go at the same time, and gives back how each ended. */
async function race(
  fates: readonly ('lives' | 'dies')[],
  rounds: number,
): Promise<readonly (string | number | null)[]> {
  writeFileSync(join(folder, 'counter'), '0');
  const racers = fates.map((fate) =>
    spawn(process.execPath, [racer, folder, String(rounds), fate], { stdio: 'ignore' }),
  );
  const ends = racers.map(endOf);
  writeFileSync(join(folder, 'go'), '');
  return Promise.all(ends);
}

function endOf(child: ChildProcess): Promise<string | number | null> {
  return new Promise((resolve) => child.once('exit', (code, name) => resolve(name ?? code)));
}

const counted = () => Number(readFileSync(join(folder, 'counter'), 'utf8'));
const violations = () => readdirSync(folder).filter((name) => name.startsWith('violation'));
const lockFiles = () => readdirSync(folder).filter((name) => name.startsWith('lock'));

test('of 20 processes each gets in every time, and no count is lost', async () => {
  expect(await race(Array(20).fill('lives'), 10)).toEqual(Array(20).fill(0));
  expect({ counted: counted(), violations: violations(), left: lockFiles() }).toEqual({
    counted: 200,
    violations: [],
    left: [],
  });
});

test('what holders leave who are killed with the lock in their hands is taken over, by one at a time', async () => {
  const ends = await race([...Array(10).fill('dies'), ...Array(10).fill('lives')], 5);
  expect(ends).toEqual([...Array(10).fill('SIGKILL'), ...Array(10).fill(0)]);
  // The last to get in may have been one of those who died.
  await withLock(() => {});
  expect({ counted: counted(), violations: violations(), left: lockFiles() }).toEqual({
    counted: 100,
    violations: [],
    left: [],
  });
});

test('killed at any instant, holding, waiting or taking over, nobody blocks the next one', async () => {
  writeFileSync(join(folder, 'counter'), '0');
  writeFileSync(join(folder, 'go'), '');
  for (let wave = 0; wave < 3; wave += 1) {
    const racers = Array.from({ length: 8 }, () =>
      spawn(process.execPath, [racer, folder, '100000', 'lives'], { stdio: 'ignore' }),
    );
    const ends = racers.map(endOf);
    const before = counted();
    await expect.poll(counted).toBeGreaterThan(before + 5);
    for (const child of racers) {
      await sleep(Math.random() * 40);
      child.kill('SIGKILL');
    }
    await Promise.all(ends);
    await withLock(() => {});
  }
  // Empty files of those killed while they wrote cannot be judged but by their age.
  for (const file of lockFiles()) utimesSync(join(folder, file), 1, 1);
  await withLock(() => {});
  expect({ violations: violations(), left: lockFiles() }).toEqual({ violations: [], left: [] });
});

/** What the holder of a lock of this process writes. */
async function ownContent(): Promise<Record<string, unknown>> {
  return withLock(() => JSON.parse(readFileSync(path, 'utf8')));
}

const dead = async () => ({ ...(await ownContent()), pid: await deadPid(), token: 'a' });

test('what a process left that is gone is taken over, by many at once, one at a time', async () => {
  writeFileSync(path, JSON.stringify(await dead()));
  expect(inspectLock(path)).toMatchObject({ stale: true });
  expect(isLockHeld(path)).toBe(false);
  expect(await mostInside(20)).toBe(1);
  expect(readdirSync(folder)).toEqual([]);
});

test('what a process left whose pid a stranger has now is taken over, and the stranger lives on', async () => {
  const stranger = spawn('sleep', ['60'], { stdio: 'ignore' });
  try {
    writeFileSync(path, JSON.stringify({ ...(await ownContent()), pid: stranger.pid }));
    expect(inspectLock(path)).toEqual({ pid: stranger.pid, stale: true });
    expect(await mostInside(5)).toBe(1);
    expect(stranger.exitCode ?? stranger.signalCode).toBeNull();
  } finally {
    stranger.kill();
  }
});

test('what a zombie left is taken over', async () => {
  // What the shell becomes never asks how the child ended.
  const shell = spawn('sh', ['-c', 'sleep 0.1 & echo $!; exec sleep 60'], { stdio: ['ignore', 'pipe', 'ignore'] });
  try {
    const pid = Number(await new Promise((resolve) => shell.stdout.once('data', resolve)));
    await expect.poll(() => readFileSync(`/proc/${pid}/stat`, 'utf8')).toContain(') Z ');
    process.kill(pid, 0);
    writeFileSync(path, JSON.stringify({ ...(await ownContent()), pid }));
    expect(inspectLock(path)).toEqual({ pid, stale: true });
  } finally {
    shell.kill();
  }
});

test('a killed taking-over does not block the next one', async () => {
  const content = JSON.stringify(await dead());
  writeFileSync(path, content);
  const right = `lock.break-${createHash('sha256').update(content).digest('hex').slice(0, 16)}`;
  writeFileSync(join(folder, right), JSON.stringify({ ...(await dead()), token: 'b' }));
  writeFileSync(join(folder, 'lock.0123456789ab'), JSON.stringify(await dead()));
  writeFileSync(join(folder, 'lock.mine'), "a person's own");
  expect(await withLock(() => 'in')).toBe('in');
  expect(readdirSync(folder)).toEqual(['lock.mine']);
});

test('a living holder is waited for, named while it is, and left alone', async () => {
  const holder = JSON.stringify({ ...(await ownContent()), token: 'other' });
  writeFileSync(path, holder);
  const waited: (number | null)[] = [];
  expect(await acquireLock(path, { waitMs: 1500, onWait: (pid) => waited.push(pid) })).toBeNull();
  expect(waited).toEqual([process.pid]);
  expect(readdirSync(folder)).toEqual(['lock']);
  expect(readFileSync(path, 'utf8')).toBe(holder);
});

test('letting go twice, or after somebody else took the lock, takes nothing from anybody', async () => {
  const release = await acquireLock(path, { waitMs: 0 });
  expect(isLockHeld(path)).toBe(true);
  release?.();
  const holder = JSON.stringify({ ...(await ownContent()), token: 'other' });
  writeFileSync(path, holder);
  release?.();
  expect(readFileSync(path, 'utf8')).toBe(holder);
});

const odd: [string, () => Promise<string>][] = [
  ['an empty file', async () => ''],
  ['half a file', async () => '{"pid":1,"sta'],
  ['a file with numbers that are no pids', async () => '{"pid":-1,"stamp":"x","realm":"x"}'],
  [
    'a lock of another container, or of before a reboot',
    async () => JSON.stringify({ ...(await ownContent()), realm: 'x' }),
  ],
  ['a lock that tells a pid only', async () => JSON.stringify({ ...(await ownContent()), stamp: 'pid-only' })],
];

test.each(odd)(
  '%s counts as left only when it was not touched for long, in the past or from a future',
  async (_name, content) => {
    const text = await content();
    for (const seconds of [-60, 3600]) {
      writeFileSync(path, text);
      expect(inspectLock(path)).toMatchObject({ stale: false });
      expect(await acquireLock(path, { waitMs: 0 })).toBeNull();
      const touched = Date.now() / 1000 + seconds;
      utimesSync(path, touched, touched);
      expect(inspectLock(path)).toMatchObject({ stale: true });
      expect(await mostInside(5)).toBe(1);
    }
  },
);

test('what can never be a lock ends the waiting, or is said', async () => {
  symlinkSync(join(folder, 'nowhere'), path);
  expect(await acquireLock(path, { waitMs: 100 })).toBeNull();
  rmSync(path);
  mkdirSync(path);
  await expect(acquireLock(path, { waitMs: 100 })).rejects.toMatchObject({ code: 'EISDIR' });
  expect(readdirSync(folder)).toEqual(['lock']);
});

test('the folder of a lock is made, for its owner only; looking makes nothing', async () => {
  const deep = join(folder, 'locks/one/lock');
  expect(inspectLock(deep)).toBeNull();
  expect(existsSync(join(folder, 'locks'))).toBe(false);
  const release = await acquireLock(deep, { waitMs: 0 });
  expect(inspectLock(deep)).toEqual({ pid: identifySelf().pid, stale: false });
  release?.();
  expect(readdirSync(join(folder, 'locks/one'))).toEqual([]);
});

async function deadPid(): Promise<number> {
  const child = spawn('true', { stdio: 'ignore' });
  await endOf(child);
  return child.pid ?? 0;
}
