import { type CliCommand, flag, textOption } from '../command.ts';
import { planText } from '../output/remote-text.ts';
import { folderHere, projectNamed } from '../project.ts';
import { consentTo, repositoryWish } from '../remote-options.ts';

export const pushCommand: CliCommand = {
  define: (program) =>
    program
      .command('push')
      .summary('push the code to GitHub')
      .description(
        'Pushes what is committed in the project to its repository at GitHub, which is made when it is not there. Never by force.',
      )
      .option('--repository <owner/name>', 'which one (default: the name of the project, in your account)')
      .option('--public', 'everybody may see a repository that is made')
      .option('--dry-run', 'show what would be made, and make nothing'),

  async run(cli, typed) {
    const services = await cli.services();
    const folder = await folderHere(cli.cwd, services);
    const { id } = await projectNamed(undefined, cli.cwd, services);
    const { planPush, pushCode } = await import('../../../pipeline/deploy-remote.ts');
    const known = (await services.state.listRemotes(id)).findLast(({ remote }) => remote === 'github')?.place;
    const wish = repositoryWish(textOption(typed, 'repository') ?? known, flag(typed, 'public'));
    const plan = await planPush(folder, wish, services);
    if (flag(typed, 'dryRun')) return { data: { dryRun: true, plan }, text: () => planText(plan).join('\n') };
    if (plan.things.some(({ action }) => action === 'create')) await consentTo(plan, cli, typed);
    const pushed = await pushCode(folder, wish, plan, services);
    const commit = pushed.commit.slice(0, 10);
    const told = pushed.isNew ? `has ${commit} on ${pushed.branch}` : `had ${commit} on ${pushed.branch} already`;
    return { data: { pushed }, text: (style) => `${style.cyan(pushed.url)} ${told}` };
  },
};
