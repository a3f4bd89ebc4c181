import { type CliCommand, textOption } from '../command.ts';
import { confirmOption } from '../options.ts';
import { withdrawnLine } from '../output/remote-text.ts';
import { projectNamed } from '../project.ts';

export const undeployCommand: CliCommand = {
  define: (program) =>
    program
      .command('undeploy')
      .summary('take a deployment away from Fly.io')
      .description(
        'Removes the app of a project at Fly.io with its machines, addresses and secrets. Its database and its rows stay. Asks for the name to be typed.',
      )
      .argument('[project]', 'name, id or folder')
      .addOption(confirmOption()),

  async run(cli, typed) {
    const services = await cli.services();
    const project = await projectNamed(typed.args[0], cli.cwd, services);
    const { findApp } = await import('../../../operations/fly-app.ts');
    const app = await findApp(project.id, services);
    if (!app) return { data: { removed: [] }, text: () => `${project.name} is not deployed to Fly.io: nothing to do.` };
    await cli.ask.confirmByTyping(`This removes ${app.place} from Fly.io; its rows stay.`, project.name, {
      confirmed: textOption(typed, 'confirm'),
    });
    const { withdrawRemotes } = await import('../../../operations/withdraw-remotes.ts');
    const removed = await services.runs.whileIdle(project.id, () =>
      withdrawRemotes(project.id, { repositories: [], only: 'fly' }, services),
    );
    await services.state.recordActivity({ projectId: project.id, action: 'undeployed', details: { app: app.place } });
    return { data: { removed }, text: () => removed.map(withdrawnLine).join('\n') };
  },
};
