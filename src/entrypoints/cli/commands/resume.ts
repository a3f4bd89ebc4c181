import { TurboError } from '../../../domain/errors.ts';
import { parseRequest } from '../../../domain/request.ts';
import type { ProjectRecord, StateStore } from '../../../ports/state-store.ts';
import type { CliCommand } from '../command.ts';
import { createdReport } from '../output/created-report.ts';
import { projectNamed } from '../project.ts';

export const resumeCommand: CliCommand = {
  define: (program) =>
    program
      .command('resume')
      .summary('go on with a create that was cut')
      .description(
        'Goes on with a create that was cut; finished steps are not repeated. Without a name: the only unfinished one.',
      )
      .argument('[project]', 'name, id or folder'),

  async run(cli, typed) {
    const services = await cli.services();
    const wanted = typed.args[0];
    const project =
      wanted === undefined ? await onlyUnfinished(services.state) : await projectNamed(wanted, cli.cwd, services);
    const { create } = await import('../../../pipeline.ts');
    const { name, directory } = project;
    const created = await create(
      { request: parseRequest(project.request), parent: cli.cwd, name, directory },
      services,
    );
    return { data: created, text: (style) => createdReport(created, cli.config.command, style) };
  },
};

async function onlyUnfinished(state: Pick<StateStore, 'listProjects'>): Promise<ProjectRecord> {
  const unfinished = (await state.listProjects()).filter((project) => project.status === 'creating');
  if (unfinished.length === 1 && unfinished[0]) return unfinished[0];
  const names = unfinished.map((project) => `${project.name} (${project.id})`).join(', ');
  throw new TurboError(
    'run.not_found',
    unfinished.length === 0 ? 'Nothing is unfinished.' : `Several are unfinished: ${names}.`,
    {
      hint: unfinished.length === 0 ? 'turbobackend list' : 'Name one: turbobackend resume <id>',
    },
  );
}
