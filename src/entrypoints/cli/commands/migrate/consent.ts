import { Option } from 'commander';
import { TurboError } from '../../../../domain/errors.ts';
import type { PlannedMigration } from '../../../../phases/migrate.ts';
import { type Cli, flag, type Typed, textOption } from '../../command.ts';
import type { Outcome } from '../../output/output.ts';
import type { MigratePlace } from './subcommand.ts';

type Loss = PlannedMigration['destroys'][number];

const MAX_SHOWN = 5;

/** `--allow-destructive`: consent to what a migration takes away; production asks for more. */
export function destructiveOption(): Option {
  return new Option('--allow-destructive', 'run also what takes rows or values away (prod: --confirm)');
}

/**
 * What takes data away is only done with consent: on production its project's name has to be typed, elsewhere a flag is
 * enough, and nothing is asked where there are no rows to lose. Throws `confirm.needed`.
 */
export async function consentToLoss(
  cli: Cli,
  typed: Typed,
  { folder, env }: MigratePlace,
  plan: readonly PlannedMigration[],
): Promise<void> {
  const isProd = env === 'prod';
  const matters = (loss: Loss) => isProd || (loss.rows !== 0 && !loss.mayKeepAll);
  const losses = plan.flatMap(({ path, destroys }) =>
    destroys.filter(matters).map((loss) => `migrations/${path}:${loss.line} ${describeLoss(loss)}`),
  );
  if (losses.length === 0 || (!isProd && flag(typed, 'allowDestructive'))) return;
  const more = losses.length > MAX_SHOWN ? `, and ${losses.length - MAX_SHOWN} more` : '';
  const where = isProd ? 'production' : `the ${env} database`;
  const what = `The migrations take data away from ${where}: ${losses.slice(0, MAX_SHOWN).join('; ')}${more}.`;
  if (!isProd && !cli.ask.canAsk) {
    throw new TurboError('confirm.needed', what, { hint: 'Add --allow-destructive to do it.', details: { losses } });
  }
  await cli.ask.confirmByTyping(what, folder.project.name, {
    confirmed: textOption(typed, 'confirm'),
    strict: isProd,
  });
}

function describeLoss({ what, rows, capped }: Loss): string {
  if (rows === null) return what;
  return `${what} (${capped ? 'more than ' : ''}${rows - (capped ? 1 : 0)} rows)`;
}

/** The plan instead of its execution. */
export function planOutcome(
  plan: readonly PlannedMigration[],
  seen: { readonly rehearsal: object; readonly lines: readonly string[] } | null = null,
): Outcome {
  return {
    data: { plan, ...(seen ? { rehearsal: seen.rehearsal } : {}) },
    text: (style) =>
      plan
        .flatMap(({ path, statements, transactional, destroys }) => [
          `would run ${path}: ${statements} ${statements === 1 ? 'statement' : 'statements'}${transactional ? '' : ', outside a transaction'}`,
          ...destroys.map((loss) => style.yellow(`  line ${loss.line} ${describeLoss(loss)}`)),
        ])
        .concat(seen?.lines ?? [])
        .join('\n') || 'Nothing to do.',
  };
}
