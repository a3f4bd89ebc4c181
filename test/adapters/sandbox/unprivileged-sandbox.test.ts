import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { rolldown } from 'rolldown';
import { expect, test } from 'vitest';
import { withTemporaryFolder } from '../../support/temporary-folder.ts';

/** Most people are not root, and are shut in another way: by a namespace of users, or by bubblewrap where it is. */

const root = join(import.meta.dirname, '../../..');
const AS_NOBODY = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', '--'];

/** What the program needs, where everybody may read it: a checkout may lie in a folder of root alone. */
async function layOut(folder: string): Promise<string> {
  const bundle = await rolldown({
    input: join(root, 'test/chaos/probe-sandbox.ts'),
    platform: 'node',
    logLevel: 'silent',
  });
  const program = join(folder, 'test/chaos/probe-sandbox.mjs');
  await bundle.write({ file: program, format: 'esm', codeSplitting: false });
  await bundle.close();
  cpSync(join(root, 'templates/sandbox'), join(folder, 'templates/sandbox'), { recursive: true });
  for (const name of readdirSync(join(root, 'node_modules'))) {
    if (!/^(pg|postgres-|split2|xtend)/.test(name)) continue;
    cpSync(join(root, 'node_modules', name), join(folder, 'node_modules', name), { recursive: true });
  }
  // Copies have the rights of the checkout, which somebody may have made for themselves alone.
  execFileSync('chmod', ['-R', 'a+rX', folder]);
  return program;
}

test('what somebody without rights shuts in is refused everything outside, and works in its folder', async () => {
  await withTemporaryFolder(async (folder) => {
    const isRoot = process.getuid?.() === 0;
    const program = [process.execPath, await layOut(folder)];
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
});
