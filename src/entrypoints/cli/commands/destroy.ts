import { type CliCommand, flag, textOption } from '../command.ts';
import { confirmOption } from '../options.ts';
import { projectNamed, refuseForsaken } from '../project.ts';

export const destroyCommand: CliCommand = {
  define: (program) =>
    program
      .command('destroy')
      .summary('take a project away')
      .description(
        'Takes a project away: server, logs, database with all its rows, folder. Asks for its name to be typed.',
      )
      .argument('[project]', 'name, id or folder')
      .option('--keep-files', 'leave the project folder as it is')
      .addOption(confirmOption()),

  async run(cli, typed) {
    const services = await cli.services();
    const wanted = typed.args[0];
    if (wanted !== undefined) await refuseForsaken(wanted, services);
    if (wanted !== undefined && (await services.state.wasDestroyed(wanted))) {
      return { data: { destroyed: null }, text: () => `${wanted} was destroyed before: nothing to do.` };
    }
    const project = await projectNamed(wanted, cli.cwd, services);
    const keepFiles = flag(typed, 'keepFiles');
    const files = keepFiles ? 'The folder stays.' : `The folder ${project.directory} goes, too.`;
    const environments = (await services.state.listDatabases(project.id)).map(({ env }) => env);
    const which = environments.length > 1 ? `databases (${environments.join(', ')})` : 'database';
    await cli.ask.confirmByTyping(
      `This drops the ${which} of ${project.name} and every row in it. ${files}`,
      project.name,
      { confirmed: textOption(typed, 'confirm'), strict: environments.includes('prod') },
    );
    const { destroy } = await import('../../../operations/destroy.ts');
    const destroyed = await destroy(project, { keepFiles }, services);
    return {
      data: { destroyed },
      text: () =>
        [
          `${destroyed.name} is gone:`,
          `  server    ${destroyed.serverWasRunning ? 'stopped' : 'was not running'}, logs removed`,
          `  database  ${destroyed.databases.length === 0 ? 'there was none' : `${destroyed.databases.join(', ')} dropped, with the roles`}`,
          `  folder    ${destroyed.directory === null ? `left alone: ${project.directory}` : `${destroyed.directory} removed`}`,
          ...(destroyed.directory !== null && isInside(cli.cwd, destroyed.directory)
            ? ['Your shell is still in it: cd ..']
            : []),
        ].join('\n'),
    };
  },
};

function isInside(folder: string, removed: string): boolean {
  return folder === removed || folder.startsWith(`${removed}/`);
}
