import type { Login } from '../domain/database.ts';
import { TurboError } from '../domain/errors.ts';
import { resourcePath } from '../domain/rest.ts';
import type { Schema } from '../domain/schema.ts';
import type { VerificationReport } from '../domain/verification.ts';
import type { Needs } from '../ports/services.ts';
import type { SqlSession } from '../ports/sql.ts';
import type { FileTree } from '../ports/workspace.ts';
import { type DatabaseMutant, databaseMutants, emptyTables, wallSwitches } from './mutate/database-mutants.ts';
import { findMutants } from './mutate/find-mutants.ts';
import { lineOf, type Mutant } from './mutate/mutant.ts';
import { CHOICE, type Numbered, weave } from './mutate/weave.ts';

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
}

export type MutationResult = NonNullable<VerificationReport['mutation']>;
type MutateNeeds = Needs<'workspace' | 'builder' | 'programs' | 'sql' | 'progress'>;

const TEST_DEADLINE_MS = 120_000;
const WALL_TESTS = 'test/row-level-security.test.mjs';
const REPORTER = 'first-failure.mjs';

/** Ends a file of tests with its first failure: one is enough. */
const FIRST_FAILURE = `import { writeSync } from 'node:fs';

export default async function* firstFailure(events) {
  for await (const { type, data } of events) {
    if (type !== 'test:fail') continue;
    writeSync(1, \`\${data.name}: \${data.details.error.cause?.message ?? data.details.error.message}\\n\`);
    process.exit(1);
  }
}
`;

/**
 * Breaks a project on purpose, in one place at a time, and sees whether its own tests notice. Faults of the code are all
 * built in at once, asleep, and chosen when a server starts; those of the database are made and taken back. Statements
 * that only their conditions guard are tried without row-level security, which would hide the fault. Throws
 * `verify.failed` when the tests fail without any fault.
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
    const lanes = await Promise.all(sessions.map((session, index) => openLane(session, index, order, services)));
    await checkUnbroken(lanes, order);
    return await runTrials(trials, lanes, services);
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
  return Object.fromEntries(Object.entries(files).filter(([path]) => path.startsWith('migrations/')));
}

/** What is tried: a fault, and the files of tests that should notice it, most likely ones first. */
interface Trial {
  readonly name: string;
  readonly choice: string;
  readonly mutant: DatabaseMutant | null;
  readonly isFirstWall: boolean;
  readonly tests: readonly string[];
}

function codeTrial(number: number, mutant: Mutant, order: MutationOrder): Trial {
  const text = order.files[mutant.file] ?? '';
  return {
    name: `${mutant.file}:${lineOf(text, mutant.start)} ${mutant.fault}`,
    choice: String(number),
    mutant: null,
    isFirstWall: mutant.isFirstWall && order.schema.accounts !== null,
    tests: withoutWall(testsFor(mutant.file, order)),
  };
}

function databaseTrial(mutant: DatabaseMutant, order: MutationOrder): Trial {
  const all = testsFor(`server/data/${mutant.table}.ts`, order);
  return {
    name: `${mutant.file}:${mutant.line} ${mutant.fault}`,
    choice: '',
    mutant,
    isFirstWall: false,
    tests: mutant.isPolicy ? all.filter((file) => file === WALL_TESTS) : all,
  };
}

/** All files of tests; those of the table that a file belongs to come first, large ones last. */
function testsFor(file: string, { files, schema }: MutationOrder): readonly string[] {
  const tests = Object.keys(files).filter((path) => /^test\/[^/]+\.test\.mjs$/.test(path));
  const table = schema.tables.find(
    ({ name }) =>
      file === `server/data/${name}.ts` ||
      file === `server/schemas/${name}.ts` ||
      file.startsWith(`server/routes${resourcePath({ name })}/`),
  );
  const isAuth = /^server\/(?:routes\/auth|lib\/(?:auth|tokens|sessions|throttle|password|accounts)\b)/.test(file);
  const isEntry = file === 'server/lib/serve.ts';
  const rank = (path: string): number => {
    if (table && path === `test/${table.name}.test.mjs`) return 0;
    if (isAuth && path === 'test/sign-in.test.mjs') return 0;
    if (isEntry && path === 'test/whole-server.test.mjs') return 0;
    return path === 'test/sign-in.test.mjs' || path === 'test/whole-server.test.mjs' ? 3 : 1;
  };
  const size = (path: string) => files[path]?.length ?? 0;
  // The richest file of a table knows most of what all tables have in common.
  return tests.sort((one, other) => rank(one) - rank(other) || size(other) - size(one));
}

interface Lane {
  /** The first failure of these files of tests; null when all pass. */
  firstFailure(tests: readonly string[], choice: string): Promise<string | null>;
  run(statements: string): Promise<void>;
  readonly empty: string;
  readonly walls: readonly [off: string, on: string];
}

async function openLane(
  session: SqlSession,
  index: number,
  order: MutationOrder,
  { programs }: MutateNeeds,
): Promise<Lane> {
  const environment = order.lanes[index]?.environment ?? {};
  return {
    empty: await emptyTables(session),
    walls: await wallSwitches(session),
    async run(statements) {
      if (statements !== '') await session.query(statements);
    },
    async firstFailure(tests, choice) {
      for (const test of tests) {
        const { code, output } = await programs.run({
          command: ['node', `--test-reporter=./${REPORTER}`, test],
          directory: order.scratch,
          environment: { ...environment, [CHOICE]: choice },
          deadlineMs: TEST_DEADLINE_MS,
        });
        if (code !== 0) return `${test}: ${output.trim()}`;
      }
      return null;
    },
  };
}

/** Tests that fail anyway would notice everything. */
async function checkUnbroken([lane]: readonly Lane[], order: MutationOrder): Promise<void> {
  if (!lane) return;
  const tests = testsFor('', order);
  const failing: (string | null)[] = [await lane.firstFailure(tests, '')];
  const [off, on] = lane.walls;
  if (off !== '') {
    await lane.run(off);
    failing.push(await lane.firstFailure(withoutWall(tests), ''));
    await lane.run(on);
  }
  const first = failing.find((failure) => failure !== null);
  if (first === undefined) return;
  throw new TurboError('verify.failed', `Tests fail without any fault: ${first}`, {
    hint: 'Run npm test in the project and mend what it says first.',
  });
}

function withoutWall(tests: readonly string[]): readonly string[] {
  return tests.filter((file) => file !== WALL_TESTS);
}

async function runTrials(
  trials: readonly Trial[],
  lanes: readonly Lane[],
  { progress }: Pick<MutateNeeds, 'progress'>,
): Promise<MutationResult> {
  const waiting = [...trials].sort((one, other) => Number(other.isFirstWall) - Number(one.isFirstWall));
  const survivors: string[] = [];
  let done = 0;
  const work = async (lane: Lane): Promise<void> => {
    const [off, on] = lane.walls;
    for (let trial = waiting.shift(); trial; trial = waiting.shift()) {
      if (trial.isFirstWall) await lane.run(off);
      if (trial.mutant) await lane.run(trial.mutant.apply);
      const failure = await lane.firstFailure(trial.tests, trial.choice);
      if (failure === null) survivors.push(trial.name);
      await lane.run(lane.empty);
      if (trial.mutant) await lane.run(trial.mutant.revert);
      if (trial.isFirstWall) await lane.run(on);
      done += 1;
      if (done % 10 === 0) progress({ kind: 'detail', message: `${done} of ${trials.length} faults tried` });
    }
  };
  await Promise.all(lanes.map(work));
  return { killed: trials.length - survivors.length, total: trials.length, survivors: survivors.sort() };
}
