import { TurboError } from '../../../domain/errors.ts';
import type { CliCommand } from '../command.ts';
import { folderHere } from '../project.ts';

export const scaffoldCommand: CliCommand = {
  define: (program) =>
    program
      .command('scaffold')
      .summary("write the project's files")
      .description('Writes the project. A file you changed is never overwritten.'),

  async run(cli) {
    const services = await cli.services();
    const folder = await folderHere(cli.cwd, services);
    if (folder.project.decision === null) {
      throw new TurboError('project.incomplete', 'There is no design yet.', { hint: 'turbobackend design-schema' });
    }
    const { register, scaffoldStage } = await import('../../../pipeline/stages.ts');
    await register(folder, services);
    const { written, kept } = await scaffoldStage(folder, services);
    return {
      data: { directory: folder.directory, written, kept },
      text: (style) =>
        [
          `${style.bold(`${written.length} files written`)} in ${folder.directory}`,
          ...kept.map((path) => `  kept, because you changed it: ${path}`),
        ].join('\n'),
    };
  },
};
