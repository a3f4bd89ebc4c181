import { join } from 'node:path';
import type { Created } from '../../src/pipeline/created.ts';
import type { CliOptions } from '../support/run-cli.ts';
import { runCli } from '../support/run-cli.ts';
import { withTemporaryFolder } from '../support/temporary-folder.ts';
import { administrator, differences, type Fingerprint, fingerprint } from './create-fingerprint.ts';
import { createUntil, type KillPoint } from './create-kill.ts';

/**
 * `create` killed at every line that says a step begins or has ended, and at a random moment between; after one more
 * run of the same command the project must be the same as one that nobody disturbed: files, database, metadata, and no
 * finished step run twice. The control is the same comparison before that run: it must find a difference mostly.
 */
export const counts = {
  steps: 0,
  kills: 0,
  tooLate: 0,
  /** Lines of the undisturbed project that each killed one was compared with. */
  compared: 0,
  differentBefore: 0,
  stepsRepeated: 0,
  violations: 0,
};

/** Nothing of this step is recorded: PostgreSQL is looked at each time. */
const NEVER_RECORDED = 'cluster';

/** What is asked of `create`, with its options. */
type Request = readonly string[];

export interface Undisturbed {
  readonly steps: readonly string[];
  readonly ms: ReadonlyMap<string, number>;
  readonly lines: Fingerprint;
}

/** Makes a project in peace, takes its fingerprint and takes it away again. */
export async function createInPeace(options: CliOptions, request: Request, folder: string): Promise<Undisturbed> {
  const directory = join(options.home, folder);
  const { code, finished, ms, output } = await createUntil([...request, '--dir', directory], options, null);
  if (code !== 0) throw new Error(`an undisturbed create ends with ${code}: ${output}`);
  const lines = await fingerprint(directory, await administrator(options.home, options.env));
  await destroy(directory, options);
  return { steps: finished, ms, lines };
}

async function destroy(directory: string, options: CliOptions): Promise<void> {
  const { code, stdout, stderr } = await runCli(['destroy', directory, '--yes'], options);
  if (code !== 0) throw new Error(`destroy ends with ${code}: ${stdout}${stderr}`);
}

export interface KilledAndRepeated {
  readonly killed: boolean;
  /** What differs from the undisturbed project before the command was given again, and after. */
  readonly before: readonly string[];
  readonly after: readonly string[];
  /** Steps whose end had been printed, and which ran again all the same. */
  readonly repeated: readonly string[];
}

/** Kills one `create` at `point`, gives the same command again and compares; takes the project away. */
export async function killAndRepeat(
  options: CliOptions,
  request: Request,
  point: KillPoint,
  peace: Undisturbed,
): Promise<KilledAndRepeated> {
  const directory = join(options.home, `${point.phase}-${point.at}`);
  const args = [...request, '--dir', directory];
  const delayMs = Math.random() * (peace.ms.get(point.phase) ?? 0);
  const { code, finished } = await createUntil(args, options, point, delayMs);
  const login = await administrator(options.home, options.env);
  const before = differences(peace.lines, await fingerprint(directory, login));
  const again = await runCli(['create', ...args, '--json'], options);
  if (again.code !== 0) {
    return { killed: code === 137, before, after: [`ends with ${again.code}: ${again.stdout}`], repeated: [] };
  }
  const created = JSON.parse(again.stdout) as Created;
  const failed = created.checks.filter((check) => !check.passed).map((check) => `check failed: ${check.name}`);
  const after = [...failed, ...differences(peace.lines, await fingerprint(directory, login))];
  const ranAgain = created.phases.filter((time) => !time.reused).map((time) => time.phase);
  const repeated = ranAgain.filter((phase) => phase !== NEVER_RECORDED && finished.includes(phase));
  await destroy(directory, options);
  return { killed: code === 137, before, after, repeated };
}

export async function killAtEveryStep(home: string, ...request: Request): Promise<void> {
  const options = { home };
  const peace = await createInPeace(options, request, 'undisturbed');
  const noise = differences(peace.lines, (await createInPeace(options, request, 'undisturbed-too')).lines);
  if (noise.length > 0) throw new Error(`two undisturbed projects differ:\n${noise.join('\n')}`);
  counts.steps = peace.steps.length;
  counts.compared = peace.lines.size;
  for (const phase of peace.steps) {
    for (const at of ['started', 'between', 'finished'] as const) {
      // The first step of all is only itself on a machine that has no PostgreSQL yet.
      if (phase === NEVER_RECORDED)
        await withTemporaryFolder((fresh) => playStep({ home: fresh }, request, { phase, at }, peace));
      else await playStep(options, request, { phase, at }, peace);
    }
  }
  await runCli(['db', 'stop'], options);
}

async function playStep(options: CliOptions, request: Request, point: KillPoint, peace: Undisturbed): Promise<void> {
  const { killed, before, after, repeated } = await killAndRepeat(options, request, point, peace);
  counts[killed ? 'kills' : 'tooLate'] += 1;
  if (before.length > 0) counts.differentBefore += 1;
  counts.stepsRepeated += repeated.length;
  const faults = [...after, ...repeated.map((phase) => `${phase} had been finished and ran again`)];
  if (faults.length > 0) counts.violations += 1;
  for (const fault of faults) process.stdout.write(`killed at ${point.phase} ${point.at}: ${fault}\n`);
  if (point.phase === NEVER_RECORDED) await runCli(['db', 'stop'], options);
}
