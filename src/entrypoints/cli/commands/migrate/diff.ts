import { resolve } from 'node:path';
import { Option } from 'commander';
import { TurboError } from '../../../../domain/errors.ts';
import type { ProjectFolder } from '../../../../domain/project.ts';
import type { Schema } from '../../../../domain/schema.ts';
import type { ChangePlan } from '../../../../pipeline/plan-change.ts';
import {
  assertPossible,
  changeData,
  changeOptions,
  describeChange,
  nameOfChange,
  planWithAnswers,
  saidOf,
} from '../../change-order.ts';
import { type Cli, flag, type Typed, textOption } from '../../command.ts';
import { environmentOption } from '../../options.ts';
import type { Outcome } from '../../output/output.ts';
import { dryRunOption, type MigratePlace, type MigrateSubcommand } from './subcommand.ts';

/** `migrate diff`: the next migration, made from two schemas. */
export const diffSubcommand: MigrateSubcommand = {
  define(command) {
    command
      .description('write the migration that leads from what the migrations make to the schema of turbobackend.json')
      .addOption(new Option('--from <start>', 'where it starts').choices(['schema', 'database']).default('schema'))
      .option('--to <file>', 'a file with the schema it leads to')
      .option('--name <words>', 'what the migration is called')
      .option('--expand', 'only so far that the code of before works on it, too: what goes stays until the next diff')
      .addOption(environmentOption());
    for (const option of changeOptions()) command.addOption(option);
    command.addOption(dryRunOption());
  },
  intent: 'act',
  async run(cli, typed, place) {
    const { folder, env, services } = place;
    const after = await wantedSchema(cli, typed, folder, services);
    const from = textOption(typed, 'from') === 'database' ? 'database' : 'schema';
    const expand = flag(typed, 'expand');
    const plan = await planWithAnswers(cli, { ...saidOf(typed), after, from, env, expand }, place);
    const isDry = flag(typed, 'dryRun');
    if (plan.files.length === 0) {
      return {
        data: { ...changeData(plan), written: [] },
        text: () => 'Nothing to do: the migrations make this schema.',
      };
    }
    if (isDry) return planned(plan);
    await assertPossible(plan, flag(typed, 'allowDestructive'));
    const [{ exclusively }, { addMigration }] = await Promise.all([
      import('../../../../pipeline/exclusive.ts'),
      import('../../../../pipeline/migration-files.ts'),
    ]);
    const name = textOption(typed, 'name') ?? nameOfChange(plan);
    const written: string[] = [];
    await exclusively(folder, services, async () => {
      for (const file of plan.files) {
        const added = await addMigration(folder, { name, ...file }, services);
        written.push(added.up, ...(added.down === null ? [] : [added.down]));
      }
    });
    return {
      data: { ...changeData(plan), written },
      text: (style) => [...describeChange(plan, style), ...written.map((path) => `wrote ${path}`)].join('\n'),
    };
  },
};

async function wantedSchema(
  cli: Cli,
  typed: Typed,
  { directory, project }: ProjectFolder,
  { workspace }: MigratePlace['services'],
): Promise<Schema> {
  const file = textOption(typed, 'to');
  if (file === undefined && project.schema !== null) return project.schema;
  const path = resolve(cli.cwd, file ?? 'turbobackend.json');
  const text =
    file === undefined ? null : await workspace.read(resolve(path, '..'), path.slice(resolve(path, '..').length + 1));
  if (text === null)
    throw new TurboError('usage.invalid', `There is no schema in ${path}.`, { hint: `Look into ${directory}` });
  const { parseSchema } = await import('../../../../domain/schema-rules.ts');
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (cause) {
    throw new TurboError('schema.invalid', `${path} is not JSON.`, { hint: 'Give a file with a schema.', cause });
  }
  const inside = typeof content === 'object' && content !== null && 'schema' in content ? content.schema : content;
  return parseSchema(inside);
}

function planned(plan: ChangePlan): Outcome {
  return {
    data: { ...changeData(plan), written: [] },
    text: (style) => [...describeChange(plan, style), '', ...plan.files.map(({ up }) => up)].join('\n'),
  };
}
