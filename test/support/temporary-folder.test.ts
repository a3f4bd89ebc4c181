import { spawn } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { processesOf } from './processes.ts';
import { withTemporaryFolder } from './temporary-folder.ts';

/** A process that would stay: detached, without pipes, busy for a minute. */
function linger(args: readonly string[], options: { cwd?: string; env?: Record<string, string> } = {}): void {
  const script = ['-e', 'setTimeout(() => {}, 60_000)'];
  spawn(process.execPath, [...script, ...args], { env: {}, ...options, detached: true, stdio: 'ignore' }).unref();
}

const traces: [string, (folder: string) => void][] = [
  ['its arguments', (folder) => linger([join(folder, 'data')])],
  ['its environment', (folder) => linger([], { env: { HOME: folder } })],
  ['the folder it runs in', (folder) => linger([], { cwd: folder })],
];

// Other systems show us the arguments of a process and no more.
test.each(process.platform === 'linux' ? traces : traces.slice(0, 1))(
  'a process left over is found by %s, named and ended',
  async (_trace, leave) => {
    let lent = '';
    const lending = withTemporaryFolder((folder) => {
      lent = folder;
      leave(folder);
    }, 100);
    await expect(lending).rejects.toThrow(/left running .* \(1\)/);
    expect(processesOf([lent])).toEqual([]);
    expect(existsSync(lent)).toBe(false);
  },
);

test('a folder is gone after a test that fails, and the failure is the one that is told', async () => {
  let lent = '';
  const lending = withTemporaryFolder((folder) => {
    lent = folder;
    linger([folder]);
    writeFileSync(join(folder, 'file'), '');
    throw new Error('the test’s own');
  });
  await expect(lending).rejects.toThrow('the test’s own');
  expect([existsSync(lent), processesOf([lent])]).toEqual([false, []]);
});

test('what the folder was lent for is given back, when nothing is left over', async () => {
  expect(await withTemporaryFolder(() => 42)).toBe(42);
});
