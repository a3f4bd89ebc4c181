import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';

/** Most people are not root, and are shut in another way: by a namespace of users, or by bubblewrap where it is. */

const root = join(import.meta.dirname, '../../..');
const AS_NOBODY = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', '--'];

test('what somebody without rights shuts in is refused everything outside, and works in its folder', () => {
  const isRoot = process.getuid?.() === 0;
  const program = [
    process.execPath,
    '--import',
    join(root, '.config/typescript.mjs'),
    join(root, 'test/chaos/probe-sandbox.ts'),
  ];
  const [command = '', ...args] = [...(isRoot ? AS_NOBODY : []), ...program];
  const { stdout, stderr } = spawnSync(command, args, {
    cwd: '/tmp',
    encoding: 'utf8',
    timeout: 60_000,
    env: {
      PATH: process.env.PATH,
      SANDBOX_PATH: process.env.SANDBOX_PATH ?? '',
      CALLER_SECRET: 'a-canary-of-the-caller',
    },
  });
  const { uid, kind, output } = JSON.parse(stdout || JSON.stringify({ output: stderr }));
  expect([uid === 0, kind]).toEqual([false, expect.stringMatching(/^(bubblewrap|namespaces)$/)]);
  expect(output.split('\n').filter((line: string) => line.startsWith('ALLOWED'))).toEqual([]);
  expect(output.match(/^denied /gm)).toHaveLength(21);
  expect(output).toContain('works in its folder: by the program');
  expect(output).not.toContain('canary');
});
