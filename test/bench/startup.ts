import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * `npm run bench:startup [rounds]`: how long the built program takes to say what it is, against bare Node. Rounds are
 * interleaved, so that a busy machine slows all rows alike: trust the ratios more than the milliseconds.
 */
const program = fileURLToPath(new URL('../../bin/turbobackend.js', import.meta.url));
const rounds = Number(process.argv[2] ?? 20);
const home = mkdtempSync(join(tmpdir(), 'tb-bench-'));

const rows = new Map<string, { args: readonly string[]; times: number[] }>([
  ['node -e 0', { args: ['-e', '0'], times: [] }],
  ['--help', { args: [program, '--help'], times: [] }],
  ['--version', { args: [program, '--version'], times: [] }],
]);

function run(name: string, args: readonly string[]): number {
  const startedAt = performance.now();
  const { status, stderr } = spawnSync(process.execPath, args, {
    cwd: home,
    env: { HOME: home, TURBOBACKEND_HOME: home, PATH: '' },
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`${name} ended with ${status}: ${stderr}`);
  return performance.now() - startedAt;
}

const minimum = (times: readonly number[]) => Math.min(...times);
const median = (times: readonly number[]) =>
  times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? Number.NaN;

try {
  for (const [name, { args }] of rows) run(name, args);
  for (let round = 0; round < rounds; round += 1) {
    for (const [name, { args, times }] of rows) times.push(run(name, args));
  }
  const bare = rows.get('node -e 0')?.times ?? [];
  process.stdout.write(`Node ${process.version}, ${rounds} interleaved rounds\n`);
  for (const [name, { times }] of rows) {
    const [least, middle] = [minimum(times), median(times)];
    process.stdout.write(
      `${name.padEnd(10)} min ${least.toFixed(0)} ms (${(least / minimum(bare)).toFixed(2)}x), ` +
        `median ${middle.toFixed(0)} ms (${(middle / median(bare)).toFixed(2)}x)\n`,
    );
  }
} finally {
  rmSync(home, { recursive: true, force: true });
}
