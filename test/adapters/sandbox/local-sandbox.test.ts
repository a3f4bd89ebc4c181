import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { localSandbox } from '../../../src/adapters/sandbox/local/local-sandbox.ts';
import { describeSandbox } from '../../contracts/sandbox.ts';
import { PROBES } from '../../support/sandbox-probes.ts';
import { withSandboxProject } from '../../support/sandbox-stage.ts';

/** On real namespaces of this machine, against a real server. */

const root = join(import.meta.dirname, '../../..');
const home = mkdtempSync(join(tmpdir(), 'tb-sandbox-'));
const secret = join(home, 'secrets');
mkdirSync(secret);
writeFileSync(join(secret, '.env'), 'CANARY=a-canary-in-another-project');
afterAll(() => rmSync(home, { recursive: true, force: true }));

const sandbox = localSandbox({
  home,
  script: join(root, 'templates/sandbox/enter.sh'),
  isOff: false,
  path: process.env.SANDBOX_PATH,
});
const prepare = async (directory: string) => {
  mkdirSync(join(directory, 'node_modules'));
  symlinkSync(join(root, 'node_modules/pg'), join(directory, 'node_modules/pg'));
};

describeSandbox('this machine', async () => sandbox, withSandboxProject);

describe('a program that is shut in', () => {
  test('is refused everything outside, and works in its folder', async () => {
    expect(await sandbox.kind()).toMatch(/^(bubblewrap|namespaces)$/);
    const outer = createServer();
    await new Promise<void>((next) => outer.listen(0, '127.0.0.1', next));
    process.env.CALLER_SECRET = 'a-canary-of-the-caller';
    const room = await sandbox.open({ files: { 'probe.mjs': PROBES }, database: null, prepare });
    try {
      const address = outer.address();
      const environment = {
        SECRET_FILE: join(secret, '.env'),
        HOME_FOLDER: home,
        OUTER_PID: String(process.pid),
        OUTER_PORT: String(typeof address === 'object' && address ? address.port : 0),
      };
      const { code, output } = await room.run({ args: ['probe.mjs'], environment, deadlineMs: 60_000 });
      expect(output.split('\n').filter((line) => line.startsWith('ALLOWED'))).toEqual([]);
      expect(output.match(/^denied /gm)).toHaveLength(21);
      expect(output).toContain('works in its folder: by the program');
      expect(output).not.toContain('canary');
      expect(code).toBe(0);
      expect(await room.read('made')).toBe('by the program');
      expect(await room.read('link')).toBeNull();
      expect(await room.read('../root')).toBeNull();
    } finally {
      delete process.env.CALLER_SECRET;
      outer.close();
      await room.close();
    }
    expect(readdirSync(join(home, 'trials'))).toEqual([]);
  });

  test.concurrent.each([
    [
      'forks without end',
      `import { fork } from 'node:child_process'; for (;;) { fork('bomb.mjs'); await new Promise((next) => setTimeout(next, 5)); }`,
    ],
    ['takes all memory', 'const kept = []; for (;;) kept.push(Buffer.alloc(2 ** 28, 1));'],
    [
      'fills the disk',
      `import { appendFileSync } from 'node:fs'; const text = 'x'.repeat(2 ** 24); for (;;) appendFileSync('big', text);`,
    ],
    ['prints without end', `for (;;) process.stdout.write('x'.repeat(2 ** 20)); `],
    ['never ends', 'process.on("SIGTERM", () => {}); setInterval(() => {}, 1000);'],
  ])('that %s is stopped', async (_what, program) => {
    const room = await sandbox.open({ files: { 'bomb.mjs': program }, database: null, prepare: async () => {} });
    try {
      const { code, output } = await room.run({ args: ['bomb.mjs'], deadlineMs: 1500 });
      expect(code).not.toBe(0);
      expect(output.length).toBeLessThanOrEqual(64_000);
      const after = await room.run({ args: ['-e', 'console.log("still works")'], deadlineMs: 60_000 });
      expect(after.output).toContain('still works');
    } finally {
      await room.close();
    }
  });
});

test('without a way to shut programs in, nothing is run unless somebody consents', async () => {
  const nothing = localSandbox({ home, script: '/nowhere/enter.sh', isOff: false, path: '/nowhere' });
  expect(await nothing.kind()).toBeNull();
  const opened = nothing.open({ files: {}, database: null, prepare: async () => {} });
  await expect(opened).rejects.toMatchObject({
    code: 'sandbox.missing',
    hint: expect.stringContaining('--sandbox none'),
  });
  const off = localSandbox({ home, script: '/nowhere/enter.sh', isOff: true });
  const room = await off.open({
    files: { 'a.mjs': 'console.log(process.env.HOME)' },
    database: null,
    prepare: async () => {},
  });
  expect(await room.run({ args: ['a.mjs'], deadlineMs: 60_000 })).toEqual({ code: 0, output: '/tmp\n' });
  await room.close();
});
