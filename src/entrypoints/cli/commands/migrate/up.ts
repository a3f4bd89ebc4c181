import { flag } from '../../command.ts';
import { confirmOption, environmentOption } from '../../options.ts';
import { consentToLoss, destructiveOption, planOutcome } from './consent.ts';
import { dryRunOption, type MigrateSubcommand, toOf, toOption } from './subcommand.ts';

/** `migrate up`: apply what is pending. */
export const upSubcommand: MigrateSubcommand = {
  define(command) {
    command
      .description('apply what is pending; on prod, what drops or deletes asks for the name of the project')
      .addOption(environmentOption())
      .addOption(toOption('the last migration to apply'))
      .addOption(dryRunOption())
      .addOption(destructiveOption())
      .addOption(confirmOption());
  },
  intent: 'act',
  async run(cli, typed, place) {
    const { folder, env, services } = place;
    const [{ exclusively }, { previewStage }, { migrateStage }] = await Promise.all([
      import('../../../../pipeline/exclusive.ts'),
      import('../../../../pipeline/migrations.ts'),
      import('../../../../pipeline/stages.ts'),
    ]);
    const plan = await previewStage(folder, { direction: 'up', env, ...toOf(typed) }, services);
    if (flag(typed, 'dryRun')) return planOutcome(plan);
    await consentToLoss(cli, typed, place, plan);
    const migrate = () => exclusively(folder, services, (current) => migrateStage(current, env, services, toOf(typed)));
    const { recordVersion } = await import('../../../../pipeline/record-version.ts');
    const title = plan.map(({ name }) => name.replaceAll('_', ' ')).join(', ');
    // Only development grows step by step; elsewhere migrations arrive that have a history already.
    const isStep = env === 'dev' && plan.length > 0;
    const { applied, alreadyApplied } = isStep
      ? await recordVersion(folder, { env, kind: 'migrate', title }, services, migrate)
      : await migrate();
    return {
      data: { applied, alreadyApplied },
      text: () =>
        applied.length === 0
          ? `Nothing to do: ${alreadyApplied.length} applied already.`
          : applied.map((name) => `applied ${name}`).join('\n'),
    };
  },
};
