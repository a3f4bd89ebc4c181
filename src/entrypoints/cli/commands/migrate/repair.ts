import type { Repair } from '../../../../phases/migrate.ts';
import { flag, type Typed, textOption } from '../../command.ts';
import { confirmOption, environmentOption } from '../../options.ts';
import { dryRunOption, type MigrateSubcommand } from './subcommand.ts';

const WORDS: Readonly<Record<Repair['kind'], string>> = {
  accept: 'counts as applied the way it is written now',
  settle: 'was begun: what became of it is looked up',
  forget: 'has no file any more and is forgotten',
};

/** `migrate repair`: files and journal are made to agree, knowingly. */
export const repairSubcommand: MigrateSubcommand = {
  define(command) {
    command
      .description('accept files that were edited after they were applied, settle what was begun, write the sum anew')
      .addOption(environmentOption())
      .option('--forget <version>', 'forget an applied migration whose file is gone')
      .addOption(dryRunOption())
      .addOption(confirmOption());
  },
  intent: 'act',
  async run(cli, typed, { folder, env, services }) {
    const [{ locked }, { planRepair, repairStage }] = await Promise.all([
      import('../../../../pipeline/exclusive.ts'),
      import('../../../../pipeline/migrations.ts'),
    ]);
    const forget = forgotten(typed);
    const { repairs, sum } = await planRepair(folder, env, services);
    const wanted = repairs.filter(({ kind, version }) => kind !== 'forget' || forget.includes(version));
    const left = repairs.filter((repair) => !wanted.includes(repair));
    const lines = [...wanted.map(describe), ...(sum === null ? [] : [`migrations.sum is written anew: ${sum}`])];
    const hints = left.map(
      ({ version, name }) => `${version}_${name} has no file: bring it back, or --forget ${version}`,
    );
    const data = { repairs: wanted, sum, left };
    if (lines.length === 0 || flag(typed, 'dryRun')) {
      return { data: { ...data, done: [] }, text: () => [...lines, ...hints].join('\n') || 'Nothing to repair.' };
    }
    await cli.ask.confirmByTyping(`${lines.join('; ')}.`, folder.project.name, {
      confirmed: textOption(typed, 'confirm'),
      strict: env === 'prod' && wanted.length > 0,
    });
    const done = await locked(folder, services, (current) => repairStage(current, { env, forget }, services));
    return { data: { ...data, done }, text: () => [...lines, ...hints].join('\n') };
  },
};

function forgotten(typed: Typed): readonly string[] {
  const version = textOption(typed, 'forget');
  return version === undefined ? [] : [version.slice(0, 14)];
}

function describe({ version, name, kind }: Repair): string {
  return `${version}_${name} ${WORDS[kind]}`;
}
