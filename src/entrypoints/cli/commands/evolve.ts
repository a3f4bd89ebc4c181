import { TurboError } from '../../../domain/errors.ts';
import { parseRequest } from '../../../domain/request.ts';
import type { Schema } from '../../../domain/schema.ts';
import type { Evolved, Preview } from '../../../pipeline/evolve.ts';
import type { Rehearsal } from '../../../pipeline/rehearse.ts';
import {
  amount,
  assertPossible,
  changeData,
  changeOptions,
  describeChange,
  nameOfChange,
  planWithAnswers,
  saidOf,
} from '../change-order.ts';
import { type Cli, type CliCommand, flag } from '../command.ts';
import { modelOptions } from '../model-options.ts';
import { environmentOf, environmentOption } from '../options.ts';
import { type Outcome, PLAIN, type Style } from '../output/output.ts';
import { folderHere, projectNamed } from '../project.ts';
import type { MigratePlace } from './migrate/subcommand.ts';

export const evolveCommand: CliCommand = {
  define(program) {
    const command = program
      .command('evolve')
      .summary('change the schema by a sentence')
      .description('Changes schema, database and code by a sentence, rehearsed on a copy of the real rows.')
      .argument(
        '<change>',
        'what is to change: "posts need a subtitle", "add tags to posts", "rename title to headline"',
      )
      .addOption(environmentOption())
      .option('--dry-run', 'plan and rehearse, and change nothing');
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
    const evolve = await import('../../../pipeline/evolve.ts');
    const request = parseRequest(String(typed.args[0] ?? ''));
    const { understandChange } = await import('../../../pipeline/understand-change.ts');
    const wanted = await understandChange(folder, request, services);
    // Marked before anything is planned: whatever differs later came in between.
    const marks = await evolve.markPlace(folder, env, services);
    const said = saidOf(typed);
    const { after } = wanted;
    const order = {
      ...said,
      after,
      from: 'schema',
      env,
      renames: new Map([...wanted.renames, ...said.renames]),
      dropped: new Set([...wanted.dropped, ...said.dropped]),
    } as const;
    const plan = await planWithAnswers(cli, order, { folder, services });
    const about = { decidedBy: wanted.decidedBy, leftOut: wanted.leftOut };
    if (plan.files.length === 0) return settle(cli, { folder, env, services }, after, about);
    assertPossible(plan, flag(typed, 'allowDestructive'));
    await evolve.assertApplied(folder, env, services);
    const preview = await evolve.previewChange(folder, { env, after, plan, marks }, services);
    const data = { ...about, ...changeData(plan), rehearsal: preview.rehearsal };
    if (flag(typed, 'dryRun')) {
      return {
        data: { ...data, applied: [] },
        text: (style) =>
          [
            ...describeChange(plan, style),
            ...unread(wanted.leftOut, style),
            ...['', ...plan.files.map(({ up }) => up), proof(preview.rehearsal)],
          ].join('\n'),
      };
    }
    await consent(cli, preview, wanted.leftOut, flag(typed, 'yes'));
    const done = await evolve.carryOutChange(folder, { env, name: nameOfChange(plan), after, preview }, services);
    await services.state.recordActivity({
      projectId: folder.project.id,
      action: 'evolved',
      details: { request: request.text, ...data },
    });
    return {
      data: { ...data, ...done },
      text: (style) =>
        [
          ...describeChange(plan, style),
          ...unread(wanted.leftOut, style),
          proof(preview.rehearsal),
          ...done.migrations.map(({ up }) => `wrote ${up}`),
          ...ending(done, cli.config.command, style),
        ].join('\n'),
      ...(done.conflicts.length > 0 ? { exitCode: 3 } : {}),
    };
  },
};

/** What became of code and database, and what is next. */
function ending(
  { applied, written, merged, kept, conflicts }: Omit<Evolved, 'migrations'>,
  command: string,
  style: Style,
) {
  const code = [
    `${amount(written.length, 'file')} of code written`,
    ...merged.map((path) => `  merged with your changes: ${path}`),
    ...kept.map((path) => `  kept, because you changed it: ${path}`),
  ];
  if (conflicts.length === 0)
    return [`${amount(applied.length, 'migration')} applied`, ...code, '', `Next: ${command} deploy`];
  return [
    ...code,
    style.yellow('You and this change wrote the same lines. Both are there, between <<<<<<< and >>>>>>>, in:'),
    ...conflicts.map((path) => `  ${path}`),
    'The database is as it was: its migration waits.',
    '',
    `Next: decide in these files, then ${command} migrate up`,
  ];
}

const unread = (leftOut: readonly string[], style: Style): readonly string[] =>
  leftOut.length === 0 ? [] : [style.yellow(`  not understood, and left out: ${leftOut.join(', ')}`)];

type Place = Pick<MigratePlace, 'folder' | 'env' | 'services'>;

/** Nothing to plan: what an earlier run was cut in is finished. */
async function settle(
  cli: Cli,
  { folder, env, services }: Place,
  after: Schema,
  about: Readonly<Record<string, unknown>>,
): Promise<Outcome> {
  const { finishChange, isApplied } = await import('../../../pipeline/evolve.ts');
  const isSame = JSON.stringify(folder.project.schema) === JSON.stringify(after);
  if (isSame && (await isApplied(folder, env, services))) {
    return { data: { ...about, steps: [], applied: [] }, text: () => 'Nothing to do: the schema says this already.' };
  }
  cli.output.progress({ kind: 'note', message: 'The migrations make this schema already: finishing what was begun' });
  const done = await finishChange(folder, env, after, services);
  return {
    data: { ...about, steps: [], ...done },
    text: (style) => ['Finished what was begun:', ...ending(done, cli.config.command, style)].join('\n'),
    ...(done.conflicts.length > 0 ? { exitCode: 3 } : {}),
  };
}

async function consent(
  cli: Cli,
  { plan, rehearsal }: Preview,
  leftOut: readonly string[],
  isAgreed: boolean,
): Promise<void> {
  if (isAgreed) return;
  if (!cli.ask.canAsk) {
    const what = `It would change schema, database and code: ${plan.steps.join(' ')}`;
    throw new TurboError('confirm.needed', what, { hint: 'Add --yes to do it, or --dry-run to look at it.' });
  }
  const lines = [...describeChange(plan, PLAIN), ...unread(leftOut, PLAIN), proof(rehearsal)];
  if (await cli.ask.yesOrNo(`${lines.join('\n')}\nDo it?`, true)) return;
  throw new TurboError('confirm.needed', 'Nothing was changed.', { hint: 'Run it again to do it after all.' });
}

/** What the rehearsal has shown, in a sentence. */
function proof({ rows, tables, columns, copyMs, upMs, downMs }: Rehearsal): string {
  const on =
    rows === null
      ? 'without rows, as there are too many'
      : `on a copy of ${amount(rows, 'row')} (copied in ${Math.round(copyMs)} ms)`;
  const times = `up ${Math.round(upMs)} ms, down ${Math.round(downMs)} ms, up again`;
  return `rehearsed ${on}: ${times}; what was not to change has the same rows and hashes (${amount(columns, 'column')} of ${amount(tables, 'table')})`;
}
