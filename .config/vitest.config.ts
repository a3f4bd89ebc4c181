import { fileURLToPath } from 'node:url';
import { configDefaults, defineConfig } from 'vitest/config';
import { LongFirst } from './long-first.ts';
import { TallyReporter } from './tally-reporter.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Of both suites. */
export const settings = {
  root,
  globalSetup: ['test/support/global-cluster.ts'],
  reporters: ['default', new TallyReporter()],
  // Only for what hangs: on a machine that is busy with something else all takes many times as long, and is right.
  testTimeout: 240_000,
  hookTimeout: 300_000,
  expect: { poll: { timeout: 120_000 } },
  pool: 'forks' as const,
  sequence: { sequencer: LongFirst },
};

export default defineConfig({
  test: {
    ...settings,
    include: ['test/**/*.test.ts'],
    exclude: [...configDefaults.exclude, 'test/**/*.long.test.ts'],
    // Some wait for processes to end: two alone would leave the cores idle meanwhile.
    maxWorkers: 3,
  },
});
