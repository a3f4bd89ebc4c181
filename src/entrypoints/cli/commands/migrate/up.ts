import type { Command } from 'commander';
import type { PlannedMigration } from '../../../../phases/migrate.ts';
import type { RowsAside } from '../../../../pipeline/put-aside.ts';
import type { PendingRehearsal } from '../../../../pipeline/rehearse-pending.ts';
import { amount } from '../../change-order.ts';
import { type Cli, flag, type Typed } from '../../command.ts';
import { confirmOption, environmentOption } from '../../options.ts';
import { consentToLoss, destructiveOption, planOutcome } from './consent.ts';
import { dryRunOption, type MigratePlace, type MigrateSubcommand, toOf, toOption } from './subcommand.ts';

/** `migrate up`: apply what is pending. */
export const upSubcommand: MigrateSubcommand = {
  define: (command) => void define(command),
  intent: 'act',
  async run(cli, typed, place) {
    const { folder, env, services } = place;
    const [{ exclusively }, { previewStage }, { migrateStage }, { assertNoneWaiting }] = await Promise.all([
      import('../../../../pipeline/exclusive.ts'),
      import('../../../../pipeline/migrations.ts'),
      import('../../../../pipeline/stages.ts'),
      import('../../../../pipeline/version-place.ts'),
    ]);
    await assertNoneWaiting(folder, services);
    const plan = await previewStage(folder, { direction: 'up', env, ...toOf(typed) }, services);
    const isDry = flag(typed, 'dryRun');
    const rehearsal = plan.length === 0 ? null : await rehearsed(cli, typed, place, isDry);
    const told = rehearsal ? [rehearsalText(rehearsal)] : [];
    if (isDry) return planOutcome(plan, rehearsal ? { rehearsal, lines: told } : null);
    await consentToLoss(cli, typed, place, plan);
    const title = plan.map(({ name }) => name.replaceAll('_', ' ')).join(', ');
    // Only development grows step by step; elsewhere migrations arrive that have a history already.
    const isStep = env === 'dev' && plan.length > 0;
    const backup = await backedUp(typed, place, plan);
    const migrate = () => exclusively(folder, services, (current) => migrateStage(current, env, services, toOf(typed)));
    const { recordVersion } = await import('../../../../pipeline/record-version.ts');
    const { applied, alreadyApplied } = isStep
      ? await recordVersion(folder, { env, kind: 'migrate', title }, services, migrate)
      : await migrate();
    const lines = [...told, ...(backup ? [backupText(backup)] : [])];
    return {
      data: { applied, alreadyApplied, ...(rehearsal ? { rehearsal } : {}), ...(backup ? { backup } : {}) },
      text: () =>
        applied.length === 0
          ? `Nothing to do: ${alreadyApplied.length} applied already.`
          : [...lines, ...applied.map((name) => `applied ${name}`)].join('\n'),
    };
  },
};

function define(command: Command): void {
  command
    .description('apply what is pending; on prod, what drops or deletes asks for the name of the project')
    .addOption(environmentOption())
    .addOption(toOption('the last migration to apply'))
    .addOption(dryRunOption())
    .option('--rehearse', 'try it on a copy of the rows first; prod does so by itself')
    .option('--no-rehearse', 'without trying it first')
    .option('--no-backup', 'prod: without putting all rows aside before something is dropped or deleted')
    .addOption(destructiveOption())
    .addOption(confirmOption());
}

/** Why it was not tried, where nobody insisted. */
interface NotRehearsed {
  readonly skipped: string;
}

/** Null when nobody wants it. */
async function rehearsed(
  cli: Cli,
  typed: Typed,
  { folder, env, services }: MigratePlace,
  isDry: boolean,
): Promise<PendingRehearsal | NotRehearsed | null> {
  const { rehearse } = typed.options;
  const isWanted = rehearse === true || (rehearse === undefined && env === 'prod' && !isDry);
  if (!isWanted) return null;
  const [{ rehearsePending }, { isTurboError }] = await Promise.all([
    import('../../../../pipeline/rehearse-pending.ts'),
    import('../../../../domain/errors.ts'),
  ]);
  const work = rehearsePending(folder, { env, ...toOf(typed) }, services);
  if (rehearse === true) return work;
  return work.catch((error: unknown) => {
    if (!isTurboError(error, 'migration.changed')) throw error;
    cli.output.progress({ kind: 'warning', message: `Not tried on a copy first. ${error.message}` });
    return { skipped: error.message };
  });
}

/** Rows of production are put aside before any of them may go. */
async function backedUp(
  typed: Typed,
  { folder, env, services }: MigratePlace,
  plan: readonly PlannedMigration[],
): Promise<RowsAside | null> {
  const isDestructive = plan.some(({ destroys }) => destroys.length > 0);
  if (env !== 'prod' || !isDestructive || typed.options.backup === false) return null;
  const { putRowsAside } = await import('../../../../pipeline/put-aside.ts');
  return putRowsAside(folder, env, services);
}

function rehearsalText(seen: PendingRehearsal | NotRehearsed): string {
  if ('skipped' in seen) return `not rehearsed: ${seen.skipped}`;
  const { rows, upMs, changed, wayBack } = seen;
  const on = rows === null ? 'without rows, as there are too many' : `on a copy of ${amount(rows, 'row')}`;
  const counts = changed.map(({ table, before, after }) => `${table} ${before} → ${after ?? 'gone'}`).join(', ');
  const back = {
    restores: 'the way back restores what was there',
    differs: 'the way back does not restore what was there',
    missing: 'there is no way back',
  }[wayBack];
  const rest = counts === '' ? 'every table keeps its number of rows' : `rows: ${counts}`;
  return `rehearsed ${on} in ${Math.round(upMs)} ms: ${rest}; ${back}`;
}

const backupText = ({ path, rows }: RowsAside): string => `${amount(rows, 'row')} put aside in ${path}`;
