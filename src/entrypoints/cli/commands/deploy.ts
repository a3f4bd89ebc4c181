import { Option } from 'commander';
import { TurboError } from '../../../domain/errors.ts';
import type { ProjectFolder } from '../../../domain/project.ts';
import { type Cli, type CliCommand, flag, type Typed, textOption } from '../command.ts';
import { parsePort } from '../options.ts';
import type { Outcome } from '../output/output.ts';
import { planText, remoteLines } from '../output/remote-text.ts';
import { folderHere, projectNamed } from '../project.ts';
import { consentTo, flyOptions, flyWish, givenDatabase } from '../remote-options.ts';

export const deployCommand: CliCommand = {
  define(program) {
    const command = program
      .command('deploy')
      .summary('build and start the server')
      .description(
        'Builds the project and runs it as a supervised local server, or at Fly.io (--target fly), where it is proven again; a running one is replaced. What was not verified as it is now is verified first, and refused when something is wrong.',
      )
      .addOption(new Option('--target <place>', 'where it runs').choices(['local', 'fly']).default('local'))
      .option('--port <port>', 'port of the server (default: the last one used, or a free one)')
      .option('--force', 'without verification here, and in spite of what it found')
      .option('--dry-run', 'with --target fly: show what would be made, and make nothing');
    return flyOptions(command);
  },

  async run(cli, typed) {
    const port = parsePort(textOption(typed, 'port'));
    const services = await cli.services();
    const folder = await folderHere(cli.cwd, services);
    const record = await projectNamed(undefined, cli.cwd, services);
    if (Object.keys(folder.project.files).length === 0) {
      throw new TurboError('project.incomplete', 'The project has not been written yet.', {
        hint: 'turbobackend scaffold',
      });
    }
    if (textOption(typed, 'target') === 'fly') return deployToFly(cli, typed, folder);
    refuseForLocal(typed);
    const [{ exclusively }, { buildProject }, { passGate }, { deployStage }, { assertBuildable }] = await Promise.all([
      import('../../../pipeline/exclusive.ts'),
      import('../../../pipeline/build-project.ts'),
      import('../../../pipeline/gate.ts'),
      import('../../../pipeline/stages.ts'),
      import('../../../pipeline/version-place.ts'),
    ]);
    // What is built is what was proven: nothing may change in between.
    const deployment = await exclusively(folder, services, async (current) => {
      await assertBuildable(current, services);
      await buildProject(current, services);
      const proven = flag(typed, 'force') ? {} : { fingerprint: await passGate(current, services) };
      return deployStage(current, { ...proven, ...(port === undefined ? {} : { port }) }, services);
    });
    await services.state.setProjectStatus(record.id, 'ready');
    return { data: { deployment }, text: (style) => `Running at ${style.cyan(deployment.url)}` };
  },
};

/** What only says something about another place would silently be without effect. */
function refuseForLocal(typed: Typed): void {
  const given = ['app', 'region', 'databaseUrlEnv', 'migrationUrlEnv'].find(
    (name) => textOption(typed, name) !== undefined,
  );
  if (given === undefined && !flag(typed, 'dryRun')) return;
  throw new TurboError('usage.invalid', 'This is for a deployment elsewhere, and the target is this machine.', {
    hint: 'Add --target fly',
  });
}

async function deployToFly(cli: Cli, typed: Typed, folder: ProjectFolder): Promise<Outcome> {
  if (textOption(typed, 'port') !== undefined) {
    throw new TurboError('usage.invalid', '--port is for a server on this machine.', { hint: 'Leave --port out.' });
  }
  const services = await cli.services();
  const [{ deployRemote, planDeploy }, { assertBuildable }] = await Promise.all([
    import('../../../pipeline/deploy-remote.ts'),
    import('../../../pipeline/version-place.ts'),
  ]);
  await assertBuildable(folder, services);
  const order = { wish: flyWish(cli, typed), database: givenDatabase(cli, typed), force: flag(typed, 'force') };
  const { wish, plan } = await planDeploy(folder, order, services);
  if (flag(typed, 'dryRun')) return { data: { dryRun: true, plan }, text: () => planText(plan).join('\n') };
  await consentTo(plan, cli, typed);
  const deployed = await deployRemote(folder, { ...order, wish }, plan, services);
  return {
    data: { deployed },
    text: (style) => remoteLines({ fly: deployed }, style).join('\n'),
  };
}
