import { REMOTE_TITLES } from '../../../domain/remote.ts';
import type { WithdrawOrder } from '../../../operations/withdraw-remotes.ts';
import type { RemoteRecord } from '../../../ports/state-records.ts';
import { type CliCommand, flag, type Typed, textOption } from '../command.ts';
import { confirmOption } from '../options.ts';
import { withdrawnLine } from '../output/remote-text.ts';
import { projectNamed, refuseForsaken } from '../project.ts';

export const destroyCommand: CliCommand = {
  define: (program) =>
    program
      .command('destroy')
      .summary('take a project away')
      .description(
        'Takes a project away: what it has at Fly.io, Daytona and S3, server, logs, database with all its rows, folder. Asks for its name to be typed. A repository stays unless it is named.',
      )
      .argument('[project]', 'name, id or folder')
      .option('--keep-files', 'leave the project folder as it is')
      .option('--delete-repository <owner/name>', 'remove this repository at GitHub, too, with all that is in it')
      .option('--leave-remotes', 'leave what it has elsewhere where it is, and forget it')
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
    const remotes = withdrawOrder(typed);
    const elsewhere = remoteSentence(await services.state.listRemotes(project.id), remotes);
    await cli.ask.confirmByTyping(
      `This drops the ${which} of ${project.name} and every row in it. ${files}${elsewhere}`,
      project.name,
      { confirmed: textOption(typed, 'confirm'), strict: environments.includes('prod') },
    );
    const { destroy } = await import('../../../operations/destroy.ts');
    const destroyed = await destroy(project, { keepFiles, remotes }, services);
    return {
      data: { destroyed },
      text: () =>
        [
          `${destroyed.name} is gone:`,
          `  server    ${destroyed.serverWasRunning ? 'stopped' : 'was not running'}, logs removed`,
          `  database  ${destroyed.databases.length === 0 ? 'there was none' : `${destroyed.databases.join(', ')} dropped, with the roles`}`,
          ...destroyed.remotes.map(withdrawnLine),
          `  folder    ${destroyed.directory === null ? `left alone: ${project.directory}` : `${destroyed.directory} removed`}`,
          ...(destroyed.directory !== null && isInside(cli.cwd, destroyed.directory)
            ? ['Your shell is still in it: cd ..']
            : []),
        ].join('\n'),
    };
  },
};

function withdrawOrder(typed: Typed): WithdrawOrder {
  const repository = textOption(typed, 'deleteRepository');
  return { repositories: repository === undefined ? [] : [repository], leave: flag(typed, 'leaveRemotes') };
}

/** What is said of other places before consent. */
function remoteSentence(records: readonly RemoteRecord[], order: WithdrawOrder): string {
  if (records.length === 0) return '';
  const places = (wanted: boolean) =>
    records
      .filter(({ remote, place }) => (remote !== 'github' || order.repositories.includes(place)) === wanted)
      .map(({ remote, place }) => `${place} at ${REMOTE_TITLES[remote]}`)
      .join(', ');
  if (order.leave) return ` What it has elsewhere stays: ${[places(true), places(false)].filter(Boolean).join(', ')}.`;
  const [going, staying] = [places(true), places(false)];
  return `${going === '' ? '' : ` It also removes ${going}.`}${staying === '' ? '' : ` This stays: ${staying}.`}`;
}

function isInside(folder: string, removed: string): boolean {
  return folder === removed || folder.startsWith(`${removed}/`);
}
