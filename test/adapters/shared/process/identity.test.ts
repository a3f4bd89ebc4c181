import { type ChildProcess, spawn } from 'node:child_process';
import { expect, test } from 'vitest';
import {
  identify,
  identifySelf,
  isAlive,
  parseIdentity,
  signal,
} from '../../../../src/adapters/shared/process/identity.ts';
import { pidTable, procTable, psTable } from '../../../../src/adapters/shared/process/process-table.ts';

async function withSleeper<T>(use: (child: ChildProcess, pid: number) => Promise<T> | T): Promise<T> {
  const child = spawn('sleep', ['60'], { stdio: 'ignore', detached: true });
  await new Promise((resolve, reject) => child.once('spawn', resolve).once('error', reject));
  try {
    return await use(child, child.pid ?? 0);
  } finally {
    child.kill('SIGKILL');
  }
}

const ended = (child: ChildProcess) => new Promise((resolve) => child.once('exit', (_code, name) => resolve(name)));

const tables = [
  ['/proc', procTable],
  ['ps', psTable],
] as const;

test.each(tables)(
  '%s tells start, name and group of a living process, and nothing of a dead one',
  async (_name, table) => {
    await withSleeper(async (child, pid) => {
      const stamp = table.stamp(pid) ?? '';
      expect(table.stamp(pid)).toBe(stamp);
      expect(Math.abs((table.seconds(stamp) ?? 0) - Date.now() / 1000)).toBeLessThan(10);
      expect(table.stamp(1)).not.toBe(stamp);
      expect({ name: table.name(pid), group: table.group(pid) }).toEqual({ name: 'sleep', group: pid });
      const end = ended(child);
      child.kill('SIGKILL');
      await end;
      expect({ stamp: table.stamp(pid), name: table.name(pid), group: table.group(pid) }).toEqual({
        stamp: null,
        name: '',
        group: null,
      });
    });
  },
);

test('without either a pid is all that is known', async () => {
  await withSleeper(async (child, pid) => {
    expect(pidTable.stamp(pid)).toBe('pid-only');
    const end = ended(child);
    child.kill('SIGKILL');
    await end;
    expect(pidTable.stamp(pid)).toBeNull();
  });
});

test('a name with brackets and blanks does not confuse', async () => {
  const script = `process.title = 'a) Z 1 (b'; process.stdout.write('x'); setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'ignore'] });
  try {
    const before = identify(child.pid ?? 0);
    await new Promise((resolve) => child.stdout?.once('data', resolve));
    expect(identify(child.pid ?? 0)).toEqual(before);
    expect(isAlive(before)).toBe(true);
  } finally {
    child.kill('SIGKILL');
  }
});

test('only the process that is meant is signalled, not the stranger that has its pid', async () => {
  await withSleeper(async (child, pid) => {
    const end = ended(child);
    signal({ pid, stamp: `${identifySelf().stamp}0` }, 'SIGKILL', 'group');
    signal({ pid, stamp: 'pid-only' }, 'SIGKILL');
    const meant = identify(pid);
    expect(isAlive(meant)).toBe(true);
    if (meant) signal(meant, 'SIGTERM', 'group');
    expect(await end).toBe('SIGTERM');
    // And one that is gone hurts nobody.
    if (meant) signal(meant, 'SIGKILL');
    expect(isAlive(meant)).toBe(false);
  });
});

test.each([0, -1, 1.5, Number.NaN, 4_194_305])('%s is no process', (pid) => {
  expect(identify(pid)).toBeNull();
});

test.each([null, 7, [[]], {}, { pid: 0, stamp: 'x' }, { pid: -1, stamp: 'x' }, { pid: '7', stamp: 'x' }, { pid: 7 }])(
  '%j names no process',
  (value) => {
    expect(parseIdentity(value)).toBeNull();
  },
);
