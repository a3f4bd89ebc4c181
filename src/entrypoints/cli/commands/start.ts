import type { CliCommand } from '../command.ts';
import { projectNamed } from '../project.ts';

export const startCommand: CliCommand = {
  define: (program) =>
    program
      .command('start')
      .summary('start the server')
      .description('Starts the database server, and the project as it was deployed last; a running one stays as it is.')
      .argument('[project]', 'name, id or folder'),

  async run(cli, typed) {
    const services = await cli.services();
    const project = await projectNamed(typed.args[0], cli.cwd, services);
    const { startStage } = await import('../../../pipeline/stages.ts');
    const { deployment, wasRunning } = await startStage(project, services);
    return {
      data: { deployment, wasRunning },
      text: (style) => `${project.name} ${wasRunning ? 'runs already' : 'runs'} at ${style.cyan(deployment.url)}`,
    };
  },
};
