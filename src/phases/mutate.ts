import type { Login } from '../domain/database.ts';
import { TurboError } from '../domain/errors.ts';
import type { Schema } from '../domain/schema.ts';
import type { VerificationReport } from '../domain/verification.ts';
import type { Needs } from '../ports/services.ts';
import type { SqlSession } from '../ports/sql.ts';
import type { FileTree } from '../ports/workspace.ts';
import { databaseMutants } from './mutate/database-mutants.ts';
import { findMutants } from './mutate/find-mutants.ts';
import { Hints } from './mutate/hints.ts';
import { type Failure, FIRST_FAILURE, type Lane, openLane, REPORTER } from './mutate/lane.ts';
import { isNoticed, type Knowledge } from './mutate/notice.ts';
import { codeTrial, databaseTrial, type Trial, testsFor, withoutWall } from './mutate/trial.ts';
import { type Numbered, weave } from './mutate/weave.ts';

/** One of several databases that mutants are tried on side by side. */
export interface MutationLane {
  /** What the tests are given: `TEST_DATABASE_URL`, a login of the backend. */
  readonly environment: Readonly<Record<string, string>>;
  /** Owns the tables of that database, which are migrated and empty. */
  readonly owner: Login;
}

export interface MutationOrder {
  /** All files of the project, migrations too. */
  readonly files: FileTree;
  /** An absolute path at which nothing is: a copy of the project is built there, and taken away. */
  readonly scratch: string;
  readonly schema: Schema;
  readonly lanes: readonly MutationLane[];
  /** Which faults are tried, by file, line and name; all of them without it. */
  readonly isWanted?: (fault: string) => boolean;
  /** Ends it early, with `interrupted`; nothing is left all the same. */
  readonly signal?: AbortSignal | undefined;
}

export type MutationResult = NonNullable<VerificationReport['mutation']>;
type MutateNeeds = Needs<'workspace' | 'builder' | 'programs' | 'sql' | 'progress' | 'clock'>;

/** Tests that take so much longer than without a fault hang. */
const PATIENCE = 5;
const PATIENCE_MS = 10_000;
/** Faults tried before anything is told, at least. */
const TOLD_EVERY = 10;

/**
 * Breaks a project on purpose, in one place at a time, and sees whether its own tests notice. Faults of the code are all
 * built in at once, asleep, and chosen when a server starts; those of the database are made and taken back. Statements
 * that only their conditions guard are tried without row-level security, which would hide the fault. Throws
 * `verify.failed` when the tests fail without any fault,
 * `interrupted` when it is told to stop.
 */
export async function mutate(order: MutationOrder, services: MutateNeeds): Promise<MutationResult> {
  const { workspace, builder, sql } = services;
  const mutants = findMutants(order.files, order.schema);
  const numbered = mutants.map((mutant, index): Numbered => ({ number: index + 1, mutant }));
  await workspace.createFolder(order.scratch, wovenFiles(order.files, numbered));
  const sessions: SqlSession[] = [];
  try {
    await builder.build(order.scratch);
    for (const lane of order.lanes) sessions.push(await sql.connect(lane.owner));
    const [first] = sessions;
    if (!first) throw new TurboError('verify.failed', 'There is no database to try mutants on.');
    const all = [
      ...numbered.map(({ number, mutant }) => codeTrial(number, mutant, order)),
      ...(await databaseMutants(first, migrationsOf(order.files))).map((mutant) => databaseTrial(mutant, order)),
    ];
    const trials = all.filter(({ name }) => order.isWanted?.(name) ?? true);
    const lanes = await Promise.all(
      sessions.map((session, at) =>
        openLane(session, order.scratch, order.lanes[at]?.environment ?? {}, services, order.signal),
      ),
    );
    const deadlines = await timeUnbroken(lanes, order, services);
    return await runTrials(trials, lanes, { hints: new Hints(order.schema), deadlines, trusted: new Map() }, services);
  } finally {
    await Promise.all(sessions.map((session) => session.close()));
    await workspace.removeFolder(order.scratch);
  }
}

function wovenFiles(files: FileTree, numbered: readonly Numbered[]): FileTree {
  const woven = Object.entries(files).map(([path, text]) => {
    const own = numbered.filter(({ mutant }) => mutant.file === path);
    return [path, own.length > 0 ? weave(text, own) : text];
  });
  const tree: Record<string, string> = { ...Object.fromEntries(woven), [REPORTER]: FIRST_FAILURE };
  // Hashing a password well takes long, and is not what is tried here.
  const password = 'server/lib/password.ts';
  if (tree[password] !== undefined) tree[password] = tree[password].replace(/N: 2 \*\* \d+/, 'N: 2 ** 4');
  return tree;
}

function migrationsOf(files: FileTree): FileTree {
  return Object.fromEntries(Object.entries(files).filter(([path]) => /^migrations\/[^/]+\.sql$/.test(path)));
}

/** How long each file of tests may take, in ms. Tests that fail without a fault would notice everything: throws. */
async function timeUnbroken(
  lanes: readonly Lane[],
  order: MutationOrder,
  { clock }: Needs<'clock'>,
): Promise<ReadonlyMap<string, number>> {
  const all = testsFor('', order);
  const deadlines = new Map<string, number>();
  const runAll = (tests: readonly string[], isUp: boolean): Promise<void> =>
    share(tests, lanes, async (file, lane) => {
      await lane.setWall(isUp);
      const begun = clock.elapsedMs();
      const failure = await lane.firstFailure({ file, choice: '' });
      if (failure) throw failsAnyway(failure);
      deadlines.set(file, PATIENCE_MS + PATIENCE * (clock.elapsedMs() - begun));
    });
  await runAll(all, true);
  if (lanes.some(({ hasWall }) => hasWall)) await runAll(withoutWall(all), false);
  return deadlines;
}

function failsAnyway({ file, output }: Failure): TurboError {
  return new TurboError('verify.failed', `Tests fail without any fault: ${file}: ${output}`, {
    hint: 'Run npm test in the project and mend what it says first.',
  });
}

/** Each lane takes the next one as soon as it is free. The first error ends all of them, but none in the midst of one. */
async function share<T>(all: readonly T[], lanes: readonly Lane[], work: (one: T, lane: Lane) => Promise<void>) {
  const waiting = [...all];
  const outcomes = await Promise.allSettled(
    lanes.map(async (lane) => {
      try {
        for (let one = waiting.shift(); one !== undefined; one = waiting.shift()) await work(one, lane);
      } catch (error) {
        waiting.length = 0;
        throw error;
      }
    }),
  );
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
}

async function runTrials(
  trials: readonly Trial[],
  lanes: readonly Lane[],
  known: Knowledge,
  { progress }: Needs<'progress'>,
): Promise<MutationResult> {
  const inOrder = [...trials].sort((one, other) => Number(other.isFirstWall) - Number(one.isFirstWall));
  const survivors: string[] = [];
  let done = 0;
  const step = Math.max(TOLD_EVERY, Math.ceil(trials.length / 10));
  await share(inOrder, lanes, async (trial, lane) => {
    await lane.setWall(!trial.isFirstWall);
    if (!(await isNoticed(trial, lane, known))) survivors.push(trial.name);
    done += 1;
    if (done % step === 0) {
      const rest = survivors.length > 0 ? `, ${survivors.length} not noticed` : '';
      progress({ kind: 'note', message: `${done} of ${trials.length} faults tried${rest}` });
    }
  });
  return { killed: trials.length - survivors.length, total: trials.length, survivors: survivors.sort() };
}
