import { TurboError } from '../../domain/errors.ts';
import type { VersionChange, VersionChanged } from '../../pipeline/undo.ts';
import { amount } from './change-order.ts';
import type { Cli, Typed } from './command.ts';
import { flag } from './command.ts';
import { type Outcome, PLAIN, type Style } from './output/output.ts';

/** What `undo` and `redo` have in common: what is shown, asked and told. */

type Verb = 'undo' | 'redo';

const SHOWN_FILES = 10;

/** Shows what would be done and asks for it; null when it was only to be shown. Throws `confirm.needed`. */
export async function consentToChange(
  cli: Cli,
  typed: Typed,
  verb: Verb,
  planned: VersionChange,
): Promise<Outcome | null> {
  if (flag(typed, 'dryRun')) {
    return {
      data: { dryRun: true, ...dataOf(planned) },
      text: (style) => [...describe(verb, planned, style), style.dim('Nothing was changed.')].join('\n'),
    };
  }
  if (flag(typed, 'yes')) return null;
  const lines = describe(verb, planned, PLAIN).join('\n');
  if (!cli.ask.canAsk) {
    throw new TurboError('confirm.needed', lines, { hint: 'Add --yes to do it, or --dry-run to look at it.' });
  }
  if (await cli.ask.yesOrNo(`${lines}\nDo it?`, true)) return null;
  throw new TurboError('confirm.needed', 'Nothing was changed.', { hint: 'Run it again to do it after all.' });
}

const dataOf = ({ version, migrations, rows, code }: VersionChange) => ({
  version,
  migrations,
  ...{ goes: rows.goes, returns: rows.returns, returned: rows.returned },
  code: { written: code.written, merged: code.merged, removed: code.removed, kept: code.kept },
  conflicts: code.conflicts,
});

function describe(verb: Verb, { version, migrations, rows, code }: VersionChange, style: Style): string[] {
  const files = [...code.written, ...code.merged, ...code.removed];
  const what = verb === 'undo' ? 'Takes back' : 'Applies again';
  return [
    `${what} version ${version.number}: ${style.bold(version.title)}`,
    ...(migrations.length === 0 ? [] : [`  ${version.env} database: ${amount(migrations.length, 'migration')}`]),
    ...rows.goes.map((going) => style.yellow(`  goes: ${goingText(verb, going)}`)),
    ...(rows.goes.length === 0 ? [] : ['  What goes is put aside first.']),
    ...rows.returns.map((name) => `  comes back: ${name}`),
    `  code: ${amount(files.length, 'file')}${files.length === 0 ? '' : `, ${shorten(files)}`}`,
    ...code.conflicts.map((path) => style.yellow(`  you have to decide: ${path}`)),
  ];
}

/** Counted are rows of tables, and values of columns. */
function goingText(verb: Verb, { what, rows }: VersionChange['rows']['goes'][number]): string {
  if (verb === 'redo') return `${what} (${amount(rows, 'row')})`;
  return what.includes('.') ? `column ${what}, ${amount(rows, 'value')}` : `table ${what}, ${amount(rows, 'row')}`;
}

function shorten(files: readonly string[]): string {
  const more = files.length - SHOWN_FILES;
  return files.slice(0, SHOWN_FILES).join(', ') + (more > 0 ? `, … ${more} more` : '');
}

/** What was done, and what is next. */
export function changedOutcome(verb: Verb, done: VersionChanged, command: string): Outcome {
  const { version, rows, code, backup, commit, isWaiting } = done;
  const data = { ...dataOf(done), backup, commit, isWaiting };
  if (isWaiting) {
    return {
      data,
      exitCode: 3,
      text: (style) =>
        [
          style.yellow('You and this change wrote the same lines. Both are there, between <<<<<<< and >>>>>>>, in:'),
          ...code.conflicts.map((path) => `  ${path}`),
          'The database is as it was: it waits.',
          '',
          `Next: decide in these files, then ${command} ${verb}`,
        ].join('\n'),
    };
  }
  const { returned } = rows;
  const cameBack = [
    ...(returned && returned.rows > 0 ? [`  ${amount(returned.rows, 'row')} came back`] : []),
    ...(returned && returned.values > 0 ? [`  ${amount(returned.values, 'row')} got values back`] : []),
  ];
  return {
    data,
    text: (style) =>
      [
        `Version ${version.number} (${version.title}) is ${verb === 'undo' ? 'taken back' : 'applied again'}.`,
        ...rows.goes.map((going) => `  gone: ${goingText(verb, going)}`),
        ...(backup === null ? [] : [`  put aside in ${backup}`, `  Get it back: ${command} redo`]),
        ...cameBack,
        ...(returned?.left ?? []).map((what) => style.yellow(`  stays away: ${what}`)),
        ...code.merged.map((path) => `  merged with your changes: ${path}`),
        ...code.kept.map((path) => `  kept, because you changed it: ${path}`),
        ...(commit === null ? [] : [`  commit ${commit.slice(0, 10)}`]),
        '',
        `Next: ${command} deploy`,
      ].join('\n'),
  };
}
