import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { startCli } from './run-cli.ts';
import { withTemporaryFolder } from './temporary-folder.ts';

afterEach(() => {
  vi.useRealTimers();
});

test('a command sees nothing of the machine’s environment, and its exit is told as a shell would', async () => {
  await withTemporaryFolder(async (home) => {
    const program = join(home, 'program.mjs');
    writeFileSync(
      program,
      `process.stdin.on('data', (text) => process.stdout.write(text)).on('end', () => {
         process.stderr.write(Object.keys(process.env).sort().join(' ') + ' ' + process.argv.slice(2));
         if (process.argv[2] === 'die') process.kill(process.pid, 'SIGTERM'); else process.exitCode = 3;
       });`,
    );
    const run = (arg: string) => startCli([arg], { home, program, input: 'asked', env: { EXTRA: '1' } }).finished;
    const want = { stdout: 'asked', stderr: 'EXTRA HOME PATH TURBOBACKEND_HOME end' };
    expect(await run('end')).toEqual({ code: 3, ...want });
    expect((await run('die')).code).toBe(143);
  });
});

test('a command that takes too long is ended and fails the test with what it had said', async () => {
  await withTemporaryFolder(async (home) => {
    const program = join(home, 'program.mjs');
    writeFileSync(program, `console.log('still here'); setTimeout(() => {}, 60_000);`);
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const { child, output, finished } = startCli([], { home, program, timeoutMs: 1_000 });
    const ended = expect(finished).rejects.toThrow(/1000 ms\nstill here/);
    // No polling: that would go on by the very timers that stand still here.
    await new Promise<void>((resolve) => {
      child.stdout?.once('data', () => resolve());
    });
    expect(output.stdout).toBe('still here\n');
    vi.advanceTimersByTime(1_000);
    await ended;
  });
});
