import { TurboError } from '../../../domain/errors.ts';
import { type CliCommand, flag } from '../command.ts';
import type { Outcome } from '../output/output.ts';
import { folderHere } from '../project.ts';

export const scaffoldCommand: CliCommand = {
  define: (program) =>
    program
      .command('scaffold')
      .summary("write the project's files")
      .description(
        'Writes the project. What you changed in a file is merged with what changed for us, never overwritten.',
      )
      .option('--check', 'say what would change, and change nothing; exit 3 when something would')
      .option('--restore', 'also bring back the files you took away'),

  async run(cli, typed) {
    const services = await cli.services();
    const folder = await folderHere(cli.cwd, services);
    if (folder.project.decision === null) {
      throw new TurboError('project.incomplete', 'There is no design yet.', { hint: 'turbobackend design-schema' });
    }
    if (flag(typed, 'check')) {
      const { checkScaffold } = await import('../../../phases/scaffold.ts');
      const { project: _, ...changes } = await checkScaffold(folder, services);
      const { written, merged, conflicts, removed } = changes;
      const wouldChange = [written, merged, conflicts, removed].some((paths) => paths.length > 0);
      return outcome(folder.directory, changes, wouldChange, true);
    }
    const [{ exclusively }, { register, scaffoldStage }, { assertNoneWaiting }] = await Promise.all([
      import('../../../pipeline/exclusive.ts'),
      import('../../../pipeline/stages.ts'),
      import('../../../pipeline/version-place.ts'),
    ]);
    await register(folder, services);
    const { project: _, ...changes } = await exclusively(folder, services, async (current) => {
      await assertNoneWaiting(current, services);
      return scaffoldStage(current, services, { restore: flag(typed, 'restore') });
    });
    return outcome(folder.directory, changes, changes.conflicts.length > 0, false);
  },
};

type Changes = Readonly<Record<'written' | 'merged' | 'conflicts' | 'kept' | 'gone' | 'removed', readonly string[]>>;

const WORDS: readonly (readonly [keyof Changes, string])[] = [
  ['merged', 'merged with your changes'],
  ['conflicts', 'has conflicts, for you to decide'],
  ['kept', 'kept, because you changed it'],
  ['gone', 'left out, because you took it away (--restore brings it back)'],
  ['removed', 'taken away, because nothing needs it'],
];

function outcome(directory: string, changes: Changes, isRefused: boolean, isCheck: boolean): Outcome {
  const count = `${changes.written.length} files ${isCheck ? 'would be written' : 'written'}`;
  return {
    data: { directory, ...changes },
    text: (style) =>
      [
        `${style.bold(count)} in ${directory}`,
        ...(isCheck ? changes.written.map((path) => `  would be written: ${path}`) : []),
        ...WORDS.flatMap(([kind, words]) => changes[kind].map((path) => `  ${words}: ${path}`)),
      ].join('\n'),
    ...(isRefused ? { exitCode: 3 } : {}),
  };
}
