import { TurboError } from '../../domain/errors.ts';
import { findDeviation, type MigrationFolder, renderSum, SUM_FILE } from '../../domain/migration.ts';
import type { JournalRow } from './journal.ts';

/** What holds for `migrations.sum`. */
export interface SumOrder {
  /**
   * Gets the new text of the sum when migrations that are not applied yet were added or edited: for a database of
   * developers. Without it that is refused, too.
   */
  readonly keepSum?: (text: string) => void | Promise<void>;
  /** A folder with migrations and without a sum is refused; otherwise it is only checked where it is there. */
  readonly needsSum?: boolean;
}

/**
 * Holds the files against their sum. Throws `migration.changed` for a past that differs, and, unless the sum is kept
 * here, for anything that differs.
 */
export async function checkSum(
  { ups, sum }: MigrationFolder,
  journal: readonly JournalRow[],
  { keepSum, needsSum = false }: SumOrder,
): Promise<void> {
  if (ups.length === 0 && sum === null) return;
  const deviation = sum === null ? { agreeing: 0, what: 'it is missing' } : findDeviation(ups, sum);
  if (deviation === null) return;
  const applied = new Set(journal.map(({ version }) => version));
  // Without a sum, the journal alone vouches for the past.
  const isPast = sum !== null && ups.slice(deviation.agreeing).some(({ version }) => applied.has(version));
  if (keepSum && !isPast) return keepSum(renderSum(ups));
  if (sum === null && !needsSum) return;
  throw new TurboError('migration.changed', `${SUM_FILE} does not agree with the migrations: ${deviation.what}.`, {
    hint: isPast
      ? 'Bring the files back as they were; what was meant: turbobackend migrate repair. Nothing was run.'
      : 'Run turbobackend migrate up on the database for development and commit the sum. Nothing was run.',
    details: { reason: deviation.what },
  });
}
