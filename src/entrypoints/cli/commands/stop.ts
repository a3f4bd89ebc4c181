import type { CliCommand } from '../command.ts';
import { projectNamed } from '../project.ts';

export const stopCommand: CliCommand = {
  define: (program) =>
    program
      .command('stop')
      .summary('stop the server')
      .description(
        'Stops the server of a project after it has finished running requests. Its database stays up: db stop.',
      )
      .argument('[project]', 'name, id or folder'),

  async run(cli, typed) {
    const services = await cli.services();
    const project = await projectNamed(typed.args[0], cli.cwd, services);
    const wasRunning = await services.target.stop(project.id);
    await services.state.recordActivity({ projectId: project.id, action: 'stopped' });
    return {
      data: { projectId: project.id, wasRunning },
      text: () => (wasRunning ? `${project.name} is stopped.` : `${project.name} was not running.`),
    };
  },
};
