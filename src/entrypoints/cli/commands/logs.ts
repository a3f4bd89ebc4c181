import { Option } from 'commander';
import { TurboError } from '../../../domain/errors.ts';
import { stripInvisible } from '../../../domain/request.ts';
import type { ProjectRecord } from '../../../ports/state-records.ts';
import { type Cli, type CliCommand, flag, textOption } from '../command.ts';
import { parseCount } from '../options.ts';
import type { Outcome } from '../output/output.ts';
import { projectNamed } from '../project.ts';

export const logsCommand: CliCommand = {
  define: (program) =>
    program
      .command('logs')
      .summary("the server's log")
      .description("Shows the last lines of the server's log.")
      .argument('[project]', 'name, id or folder')
      .option('-f, --follow', 'go on until Ctrl-C')
      .option('-n, --lines <count>', 'how many lines', '100')
      .addOption(new Option('--target <place>', 'whose log').choices(['local', 'fly']).default('local')),

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
    if (textOption(typed, 'target') === 'fly') return remoteLogs(cli, project, { lines, follow });
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

async function remoteLogs(
  cli: Cli,
  project: ProjectRecord,
  { lines, follow }: { readonly lines: number; readonly follow: boolean },
): Promise<Outcome> {
  if (follow) {
    throw new TurboError('usage.invalid', 'The log of Fly.io is not followed from here.', {
      hint: 'fly logs --app <app>, or turbobackend logs --target fly again',
    });
  }
  const services = await cli.services();
  const { appOfProject } = await import('../../../operations/fly-app.ts');
  const { place } = await appOfProject(project, services);
  for (const line of await (await services.remotes.target()).logs(place, { lines }))
    cli.output.line(stripInvisible(line));
  return { data: { projectId: project.id, app: place }, text: () => '' };
}
