import { TurboError } from '../../domain/errors.ts';
import type { Evolved, Resumed } from '../../pipeline/carry-out.ts';
import { amount } from './change-order.ts';
import type { Outcome, Style } from './output/output.ts';

/** What became of a change that was cut, in a sentence. */
export const whatBecame = ({ kind, change }: Resumed): string => {
  const names = change.migrations.map(({ version, name }) => `${version}_${name}`).join(', ');
  return kind === 'finished'
    ? `Finished a change that was cut: ${names}`
    : `Took back a change that was cut, since the migrations have changed: ${names}`;
};

/** What a command without a sentence has done. Throws `usage.missing` where nothing was cut. */
export function finished(resumed: Resumed | null, example: string, command: string): Outcome {
  if (!resumed) {
    throw new TurboError('usage.missing', 'There is no change that was cut.', {
      hint: `Say what is to change: ${example}`,
    });
  }
  if (resumed.kind === 'taken-back') {
    return { data: { applied: [], takenBack: true }, text: () => whatBecame(resumed) };
  }
  const { evolved } = resumed;
  return {
    data: { ...evolved },
    text: (style) => [whatBecame(resumed), ...ending(evolved, command, style)].join('\n'),
    ...(evolved.conflicts.length > 0 ? { exitCode: 3 } : {}),
  };
}

/** What became of code and database, and what is next. */
export function ending(
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
