import type { CliCommand } from '../command.ts';
import { folderHere, projectNamed } from '../project.ts';
import { changedOutcome, consentToChange } from '../version-change.ts';

export const redoCommand: CliCommand = {
  define: (program) =>
    program
      .command('redo')
      .summary('apply again what was undone last')
      .description('Applies again what was undone last, with the rows that went, until something new is applied.')
      .option('--dry-run', 'show what would be done, and do nothing'),

  async run(cli, typed) {
    const services = await cli.services();
    const folder = await folderHere(cli.cwd, services);
    await projectNamed(undefined, cli.cwd, services, 'act');
    const { planRedo, redo } = await import('../../../pipeline/redo.ts');
    const planned = await planRedo(folder, services);
    const shown = await consentToChange(cli, typed, 'redo', planned);
    if (shown !== null) return shown;
    const done = await redo(folder, planned, services);
    return changedOutcome('redo', done, cli.config.command);
  },
};
