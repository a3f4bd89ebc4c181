import type { CliCommand } from '../command.ts';
import { deploymentLines } from '../output/remote-text.ts';
import { projectNamed } from '../project.ts';

export const rollbackCommand: CliCommand = {
  define: (program) =>
    program
      .command('rollback')
      .summary('back to the deployment before, at Fly.io')
      .description(
        'Runs the version that was deployed to Fly.io before the present one. What migrations made of the database stays.',
      )
      .argument('[project]', 'name, id or folder'),

  async run(cli, typed) {
    const services = await cli.services();
    const project = await projectNamed(typed.args[0], cli.cwd, services);
    const { rollbackApp } = await import('../../../operations/fly-app.ts');
    const deployment = await rollbackApp(project, services);
    return { data: { deployment }, text: (style) => deploymentLines(deployment, style).join('\n') };
  },
};
