import { TurboError } from '../../../domain/errors.ts';
import { stripInvisible } from '../../../domain/request.ts';
import { type CliCommand, flag, textOption } from '../command.ts';
import { parseCount } from '../options.ts';
import { projectNamed } from '../project.ts';

export const logsCommand: CliCommand = {
  define: (program) =>
    program
      .command('logs')
      .summary("the server's log")
      .description("Shows the last lines of the server's log.")
      .argument('[project]', 'name, id or folder')
      .option('-f, --follow', 'go on until Ctrl-C')
      .option('-n, --lines <count>', 'how many lines', '100'),

  async run(cli, typed) {
    const follow = flag(typed, 'follow');
    if (follow && flag(typed, 'json')) {
      throw new TurboError('usage.invalid', 'A followed log has no end, so it is not one JSON object.', {
        hint: 'turbobackend logs -f --json-stream',
      });
    }
    const lines = parseCount(textOption(typed, 'lines') ?? '100');
    const services = await cli.services();
    const project = await projectNamed(typed.args[0], cli.cwd, services, 'look');
    const isHere = (await services.target.inspect(project.id)) !== null;
    if (!isHere) {
      const where = 'is not run from here: it was never deployed, or runs on another machine or in another home';
      services.progress({ kind: 'warning', message: `${project.name} ${where}, where its log is.` });
    }
    const options = { lines, follow, ...(follow ? { signal: cli.untilSignal() } : {}) };
    for await (const line of services.target.logs(project.id, options)) cli.output.line(stripInvisible(line));
    return { data: { projectId: project.id, isHere }, text: () => '' };
  },
};
