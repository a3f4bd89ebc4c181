import type { CliCommand } from '../command.ts';
import { folderHere, projectNamed } from '../project.ts';
import { changedOutcome, consentToChange } from '../version-change.ts';

export const undoCommand: CliCommand = {
  define: (program) =>
    program
      .command('undo')
      .summary('take the last step back: code, schema and rows')
      .description(
        'Takes the last step back: code, schema and rows as one. What goes is put aside, what the step had dropped comes back.',
      )
      .option('--dry-run', 'show what would be done, and do nothing'),

  async run(cli, typed) {
    const services = await cli.services();
    const folder = await folderHere(cli.cwd, services);
    await projectNamed(undefined, cli.cwd, services, 'act');
    const { planUndo, undo } = await import('../../../pipeline/undo.ts');
    const planned = await planUndo(folder, services);
    const shown = await consentToChange(cli, typed, 'undo', planned);
    if (shown !== null) return shown;
    const done = await undo(folder, planned, services);
    return changedOutcome('undo', done, cli.config.command);
  },
};
