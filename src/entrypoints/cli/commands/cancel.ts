import type { CliCommand } from '../command.ts';
import { projectNamed } from '../project.ts';

export const cancelCommand: CliCommand = {
  define: (program) =>
    program
      .command('cancel')
      .summary('stop a create')
      .description(
        'Stops a create, on whichever machine it runs, at the end of the step it is in; what is finished is kept for resume. Exit 3 when the run has ended already. Without a name: the project of this folder.',
      )
      .argument('[project]', 'name, id or folder'),

  async run(cli, typed) {
    const services = await cli.services();
    const project = await projectNamed(typed.args[0], cli.cwd, services);
    const run = await services.runs.cancel(project.id);
    const { command } = cli.config;
    const next = `To go on: ${command} resume ${project.id}. To take it away: ${command} destroy ${project.id}`;
    const { holder } = run;
    return {
      data: { project: { id: project.id, name: project.name, directory: project.directory }, run },
      text() {
        if (holder === null) return `${project.name} is cancelled.\n${next}`;
        const where = holder.host === undefined ? '' : ` on ${holder.host}`;
        return `${project.name} is cancelled: pid ${holder.pid}${where} stops at the end of the step it is in.\n${next}`;
      },
    };
  },
};
