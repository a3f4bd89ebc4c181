import { expect } from 'vitest';
import type { Created } from '../../src/pipeline/created.ts';
import { createUntil } from '../chaos/create-kill.ts';
import { type CliOptions, runCli } from './run-cli.ts';

/** The phases of `create` for a request that needs a database. */
export const PHASES = ['cluster', 'detect', 'design', 'provision', 'scaffold', 'migrate', 'build', 'deploy', 'verify'];
/** They go on beside each other. */
const LAST = ['deploy', 'verify'];

const earlier = (names: Iterable<string>) => [...names].filter((phase) => !LAST.includes(phase)).sort();

/**
 * Kills one `create` when each of these phases begins, the last of them `verify`; then the same command must finish,
 * without repeating what was finished.
 */
export async function expectToGoOn(killedIn: readonly string[], directory: string, options: CliOptions): Promise<void> {
  const request = ['to-do list', '--dir', directory];
  const done = new Set<string>();
  for (const phase of killedIn) {
    const { code, finished } = await createUntil(request, options, { phase, at: 'started' });
    expect([phase, code]).toEqual([phase, 137]);
    for (const name of finished) done.add(name);
  }
  const again = await runCli(['create', ...request, '--json'], options);
  expect([again.code, again.stderr]).toEqual([0, '']);
  const created: Created = JSON.parse(again.stdout);
  const repeated = created.phases.filter((time) => !time.reused).map((time) => time.phase);
  // PostgreSQL is looked at each time, and verify was the phase that was cut last.
  expect(repeated.filter((phase) => !LAST.includes(phase))).toEqual(['cluster']);
  expect(repeated).toContain('verify');
  expect(earlier(done)).toEqual(earlier(PHASES));
  expect(created.checks.every((check) => check.passed)).toBe(true);
  expect((await fetch(`${created.url}/health`)).status).toBe(200);
  expect((await runCli(['destroy', directory, '--yes'], options)).code).toBe(0);
}
