import { sep } from 'node:path';
import { TurboError } from '../../../domain/errors.ts';
import { parseRequest } from '../../../domain/request.ts';
import type { Services } from '../../../ports/services.ts';
import type { ProjectRecord } from '../../../ports/state-records.ts';
import type { CliCommand } from '../command.ts';
import { modelOptions } from '../model-options.ts';
import { projectNamed } from '../project.ts';
import { databaseUrlOptions, givenDatabase } from '../remote-options.ts';

export const resumeCommand: CliCommand = {
  define(program) {
    const command = program
      .command('resume')
      .summary('go on with a create that was cut')
      .description(
        'Goes on with a create that was cut; finished steps are not repeated. Without a name: the unfinished one of this folder, or the only one.',
      )
      .argument('[project]', 'name, id or folder');
    return modelOptions(databaseUrlOptions(command));
  },

  async run(cli, typed) {
    const services = await cli.services();
    const wanted = typed.args[0];
    const project =
      wanted === undefined ? await unfinished(cli.cwd, services) : await projectNamed(wanted, cli.cwd, services);
    const { create } = await import('../../../pipeline.ts');
    const { name, directory } = project;
    const created = await create(
      {
        request: parseRequest(project.request),
        parent: cli.cwd,
        name,
        directory,
        deployDatabase: givenDatabase(cli, typed),
      },
      services,
    );
    const { createdReport } = await import('../output/created-report.ts');
    return { data: created, text: (style) => createdReport(created, cli.config.command, style) };
  },
};

/** The project of this folder or the only one, whose create was cut; what another process is creating does not count. */
async function unfinished(
  cwd: string,
  { state, runs, owner }: Pick<Services, 'state' | 'runs' | 'owner'>,
): Promise<ProjectRecord> {
  const creating = (await state.listProjects()).filter(
    (project) => project.status === 'creating' && project.owner === owner,
  );
  const found = await Promise.all(
    creating.map(async (project) => ({ project, holder: (await runs.find(project.id))?.holder ?? null })),
  );
  const cut = found.filter(({ holder }) => holder === null);
  const here = cut.find(({ project }) => cwd === project.directory || cwd.startsWith(`${project.directory}${sep}`));
  if (here) return here.project;
  // The only one there is may be somebody's at this moment: then that is said when it is tried.
  const candidates = (cut.length > 0 ? cut : found).map(({ project }) => project);
  if (candidates.length === 1 && candidates[0]) return candidates[0];
  const names = candidates.map((project) => `${project.name} (${project.id})`).join(', ');
  if (cut.length > 0) {
    throw new TurboError('run.not_found', `Several are unfinished: ${names}.`, {
      hint: 'Name one: turbobackend resume <id>',
    });
  }
  const running = names === '' ? '' : ` Others are creating ${names} right now.`;
  throw new TurboError('run.not_found', `Nothing is unfinished.${running}`, { hint: 'turbobackend runs' });
}
