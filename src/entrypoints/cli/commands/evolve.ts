import { TurboError } from '../../../domain/errors.ts';
import type { ProjectFolder } from '../../../domain/project.ts';
import { parseRequest } from '../../../domain/request.ts';
import type { Schema } from '../../../domain/schema.ts';
import type { Resumed } from '../../../pipeline/carry-out.ts';
import type { PreviewOrder } from '../../../pipeline/evolve.ts';
import { consentTo, onlyBehaviour, plannedLines, understandBoth, writeWanted, writtenLines } from '../behaviour.ts';
import { ending, finished, whatBecame } from '../change-ending.ts';
import {
  assertPossible,
  changeData,
  changeOptions,
  describeChange,
  nameOfChange,
  planWithAnswers,
  saidOf,
} from '../change-order.ts';
import { evidence, proofData } from '../change-proof.ts';
import { type Cli, type CliCommand, flag, type Typed } from '../command.ts';
import { modelOptions } from '../model-options.ts';
import { environmentOf, environmentOption, verifyOf, verifyOption } from '../options.ts';
import { type Outcome, PLAIN, type Style } from '../output/output.ts';
import { folderHere, projectNamed } from '../project.ts';
import type { MigratePlace } from './migrate/subcommand.ts';

export const evolveCommand: CliCommand = {
  define(program) {
    const command = program
      .command('evolve')
      .summary('change the schema by a sentence')
      .description(
        'Changes schema, database and code by a sentence: rehearsed and proven on a copy of the real rows, then applied. Without a sentence it finishes a change that was cut.',
      )
      .argument(
        '[change]',
        'what is to change: "posts can have a subtitle", "add tags to posts", "rename title to headline"',
      )
      .addOption(environmentOption())
      .addOption(verifyOption())
      .option('--dry-run', 'plan, rehearse and prove, and change nothing');
    for (const option of changeOptions()) command.addOption(option);
    return modelOptions(command);
  },

  async run(cli, typed) {
    const services = await cli.services();
    const folder = await folderHere(cli.cwd, services);
    await projectNamed(undefined, cli.cwd, services, 'act');
    const env = environmentOf(typed);
    if (env === 'prod') {
      throw new TurboError('usage.invalid', 'A sentence changes the databases of developers only.', {
        hint: 'Evolve dev, then: turbobackend migrate up --env prod',
      });
    }
    const { assertNoneWaiting } = await import('../../../pipeline/version-place.ts');
    await assertNoneWaiting(folder, services);
    const isDry = flag(typed, 'dryRun');
    const begun = await settleBegun(cli, folder, isDry, services);
    if (typed.args[0] === undefined) return finished(begun, EXAMPLE, cli.config.command);
    const folderNow = begun ? await folderHere(cli.cwd, services) : folder;
    return change(cli, typed, { folder: folderNow, env, services });
  },
};

const EXAMPLE = 'turbobackend evolve "posts can have a subtitle"';

type Place = Pick<MigratePlace, 'folder' | 'env' | 'services'>;

async function change(cli: Cli, typed: Typed, { folder, env, services }: Place): Promise<Outcome> {
  if (verifyOf(typed) !== 'none') services.builder.warmUp();
  const [evolve, { prepareCopy }] = await Promise.all([
    import('../../../pipeline/evolve.ts'),
    import('../../../pipeline/rows-copy.ts'),
  ]);
  const request = parseRequest(typed.args[0] ?? '', EXAMPLE);
  // Marked before anything is planned: whatever differs later came in between.
  const marks = await evolve.markPlace(folder, env, services);
  const copy = prepareCopy(folder, env, services);
  // What is wanted is found in words and tables, the copy is of rows: neither waits for the other.
  copy.begin();
  try {
    const wanted = await understandBoth(folder, request, services);
    return await planned(cli, typed, { folder, env, services }, { request, wanted, marks, copy });
  } finally {
    await copy.end();
  }
}

/** What is known before a plan is made. */
interface Begun {
  readonly request: ReturnType<typeof parseRequest>;
  readonly wanted: Awaited<ReturnType<typeof understandBoth>>;
  readonly marks: PreviewOrder['marks'];
  readonly copy: PreviewOrder['copy'];
}

async function planned(
  cli: Cli,
  typed: Typed,
  { folder, env, services }: Place,
  { request, wanted, marks, copy }: Begun,
): Promise<Outcome> {
  const evolve = await import('../../../pipeline/evolve.ts');
  const { behaviour } = wanted;
  const said = saidOf(typed);
  const { after } = wanted;
  const order = {
    ...said,
    after,
    from: 'schema',
    keepsUnknown: true,
    env,
    renames: new Map([...wanted.renames, ...said.renames]),
    dropped: new Set([...wanted.dropped, ...said.dropped]),
  } as const;
  const plan = await planWithAnswers(cli, order, { folder, services });
  const about = {
    ...{ decidedBy: wanted.decidedBy, leftOut: wanted.leftOut },
    ...(behaviour.length > 0 && {
      behaviour: behaviour.map(({ method, path, purpose }) => ({ method, path, purpose })),
    }),
  };
  if (plan.files.length === 0 && behaviour.length > 0)
    return onlyBehaviour(cli, typed, { folder, env, services }, behaviour, about);
  if (plan.files.length === 0) return settle(cli, { folder, env, services }, { after, title: request.text }, about);
  await evolve.assertApplied(folder, env, services);
  await assertPossible(plan, flag(typed, 'allowDestructive'), request.text);
  const name = nameOfChange(plan);
  const verify = verifyOf(typed);
  const preview = await evolve.previewChange(folder, { after, plan, marks, name, verify, copy }, services);
  const { rehearsal, phases } = preview;
  const data = { ...about, ...changeData(plan), rehearsal, proof: proofData(preview), phases };
  const told = (style: Style) => [
    ...describeChange(plan, style),
    ...plannedLines(behaviour),
    ...unread(wanted.leftOut, style),
  ];
  if (flag(typed, 'dryRun')) {
    const sql = plan.files.map(({ up }) => up);
    return {
      data: { ...data, applied: [] },
      text: (style) => [...told(style), '', ...sql, ...evidence(preview)].join('\n'),
    };
  }
  const lines = [...told(PLAIN), ...evidence(preview)];
  await consentTo(cli, [...plan.steps, ...plannedLines(behaviour)], lines, flag(typed, 'yes'));
  const { recordVersion } = await import('../../../pipeline/record-version.ts');
  const step = { env, kind: 'evolve', title: request.text } as const;
  const { endpoints, ...done } = await recordVersion(folder, step, services, async () => {
    const changed = await evolve.carryOutChange(folder, { env, after, preview }, services);
    // While markers wait for a person, the database is not what new code would be written for.
    const isWaiting = changed.conflicts.length > 0;
    return { ...changed, endpoints: isWaiting ? [] : await writeWanted(folder, behaviour, services) };
  });
  await services.state.recordActivity({
    projectId: folder.project.id,
    action: 'evolved',
    details: { request: request.text, ...data },
  });
  return {
    data: { ...data, ...done, ...(behaviour.length > 0 && { endpoints }) },
    text: (style) =>
      [
        ...told(style),
        ...evidence(preview),
        ...done.migrations.map(({ up }) => `wrote ${up}`),
        ...writtenLines(endpoints, style),
        ...ending(done, cli.config.command, style),
      ].join('\n'),
    ...(done.conflicts.length > 0 ? { exitCode: 3 } : {}),
  };
}

/** Finishes what was cut; null when nothing was. A dry run finishes nothing, and is refused. */
async function settleBegun(
  { output }: Cli,
  folder: ProjectFolder,
  isDry: boolean,
  services: MigratePlace['services'],
): Promise<Resumed | null> {
  if (isDry) {
    const { assertNoneBegun } = await import('../../../pipeline/begun-change.ts');
    await assertNoneBegun(folder, services);
    return null;
  }
  const { resumeRecorded } = await import('../../../pipeline/record-version.ts');
  const resumed = await resumeRecorded(folder, services);
  if (resumed) output.progress({ kind: 'note', message: whatBecame(resumed) });
  return resumed;
}

const unread = (leftOut: readonly string[], style: Style): readonly string[] =>
  leftOut.length === 0 ? [] : [style.yellow(`  not understood, and left out: ${leftOut.join(', ')}`)];

/** Nothing to plan: what an earlier run was cut in is finished. */
async function settle(
  cli: Cli,
  { folder, env, services }: Place,
  { after, title }: { readonly after: Schema; readonly title: string },
  about: Readonly<Record<string, unknown>>,
): Promise<Outcome> {
  const [{ assertApplied }, { finishChange }, { exclusively }] = await Promise.all([
    import('../../../pipeline/evolve.ts'),
    import('../../../pipeline/carry-out.ts'),
    import('../../../pipeline/exclusive.ts'),
  ]);
  const isSame = JSON.stringify(folder.project.schema) === JSON.stringify(after);
  if (isSame) {
    await assertApplied(folder, env, services);
    return { data: { ...about, steps: [], applied: [] }, text: () => 'Nothing to do: the schema says this already.' };
  }
  cli.output.progress({ kind: 'note', message: 'The migrations make this schema already: finishing what was begun' });
  const { recordVersion } = await import('../../../pipeline/record-version.ts');
  const done = await recordVersion(folder, { env, kind: 'evolve', title }, services, () =>
    exclusively(folder, services, (current) => finishChange(current, env, after, services)),
  );
  return {
    data: { ...about, steps: [], ...done },
    text: (style) => ['Finished what was begun:', ...ending(done, cli.config.command, style)].join('\n'),
    ...(done.conflicts.length > 0 ? { exitCode: 3 } : {}),
  };
}
