import { TurboError } from '../../../domain/errors.ts';
import type { CliCommand } from '../command.ts';
import { folderHere, projectNamed } from '../project.ts';

export const verifyCommand: CliCommand = {
  define: (program) =>
    program
      .command('verify')
      .summary('prove that the running server works')
      .description(
        'Creates, reads, changes and deletes a row of every table over HTTP, tries bad input, and leaves no row behind.',
      ),

  async run(cli) {
    const services = await cli.services();
    const folder = await folderHere(cli.cwd, services);
    const record = await projectNamed(undefined, cli.cwd, services);
    const server = await services.target.inspect(record.id);
    if (server?.status !== 'running') {
      throw new TurboError('deploy.not_running', `The server of ${record.name} is not running.`, {
        hint: 'turbobackend start',
      });
    }
    const { verifyStage } = await import('../../../pipeline/stages.ts');
    const verification = await verifyStage(folder, server.url, services);
    return {
      data: verification,
      text: (style) =>
        [
          ...verification.checks.map((check) => `${style.green('✔')} ${check.name}`),
          `${verification.checks.length} checks passed`,
        ].join('\n'),
    };
  },
};
