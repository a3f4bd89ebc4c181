import { TurboError } from '../../../domain/errors.ts';
import { type CliCommand, flag, textOption } from '../command.ts';
import { parsePort } from '../options.ts';
import { folderHere, projectNamed } from '../project.ts';

export const deployCommand: CliCommand = {
  define: (program) =>
    program
      .command('deploy')
      .summary('build and start the server')
      .description(
        'Builds the project and runs it as a supervised local server; a running one is replaced. What was not verified as it is now is verified first, and refused when something is wrong.',
      )
      .option('--port <port>', 'port of the server (default: the last one used, or a free one)')
      .option('--force', 'without verification, and in spite of what it found'),

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
    const [{ exclusively }, { buildProject }, { passGate }, { deployStage }] = await Promise.all([
      import('../../../pipeline/exclusive.ts'),
      import('../../../pipeline/build-project.ts'),
      import('../../../pipeline/gate.ts'),
      import('../../../pipeline/stages.ts'),
    ]);
    // What is built is what was proven: nothing may change in between.
    const deployment = await exclusively(folder, services, async (current) => {
      await buildProject(current, services);
      const proven = flag(typed, 'force') ? {} : { fingerprint: await passGate(current, services) };
      return deployStage(current, { ...proven, ...(port === undefined ? {} : { port }) }, services);
    });
    await services.state.setProjectStatus(record.id, 'ready');
    return { data: { deployment }, text: (style) => `Running at ${style.cyan(deployment.url)}` };
  },
};
