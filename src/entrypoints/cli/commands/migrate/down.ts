import { flag } from '../../command.ts';
import { confirmOption, environmentOption } from '../../options.ts';
import { consentToLoss, destructiveOption, planOutcome } from './consent.ts';
import { dryRunOption, type MigrateSubcommand, toOf, toOption } from './subcommand.ts';

/** `migrate down`: take the last migration back, or all that are newer than one. */
export const downSubcommand: MigrateSubcommand = {
  define(command) {
    command
      .description('take the last migration back with its file in migrations/down')
      .addOption(environmentOption())
      .addOption(toOption('take all newer ones back, too; 0: all there are'))
      .addOption(dryRunOption())
      .addOption(destructiveOption())
      .addOption(confirmOption());
  },
  intent: 'act',
  async run(cli, typed, place) {
    const { folder, env, services } = place;
    const [{ exclusively }, { previewStage, revertStage }] = await Promise.all([
      import('../../../../pipeline/exclusive.ts'),
      import('../../../../pipeline/migrations.ts'),
    ]);
    const plan = await previewStage(folder, { direction: 'down', env, ...toOf(typed) }, services);
    if (flag(typed, 'dryRun')) return planOutcome(plan);
    await consentToLoss(cli, typed, place, plan);
    const { reverted } = await exclusively(folder, services, (current) =>
      revertStage(current, env, services, toOf(typed)),
    );
    return {
      data: { reverted },
      text: () => reverted.map((name) => `ran ${name}`).join('\n') || 'Nothing to do: no migration is applied.',
    };
  },
};
