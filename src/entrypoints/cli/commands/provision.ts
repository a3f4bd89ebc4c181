import { environmentFiles } from '../../../domain/environment-file.ts';
import { TurboError } from '../../../domain/errors.ts';
import type { CliCommand } from '../command.ts';
import { environmentOf, environmentOption } from '../options.ts';
import { folderHere } from '../project.ts';

export const provisionCommand: CliCommand = {
  define: (program) =>
    program
      .command('provision')
      .summary("make the project's database")
      .description(
        "Makes the project's own database and roles, and writes its .env (.env.staging, .env.production). Repeating it repairs what drifted, and brings it back from the trash.",
      )
      .addOption(environmentOption()),

  async run(cli, typed) {
    const env = environmentOf(typed);
    const services = await cli.services();
    const folder = await folderHere(cli.cwd, services);
    const { configureStage, needsDatabase, provisionStage, register } = await import('../../../pipeline/stages.ts');
    const { decision, schema } = folder.project;
    if (schema === null && decision?.needsDatabase !== false) {
      throw new TurboError('project.incomplete', 'There is no schema yet.', { hint: 'turbobackend design-schema' });
    }
    if (!needsDatabase(folder.project)) {
      await register(folder, services);
      return { data: { database: null }, text: () => 'This project needs no database: nothing to provision.' };
    }
    const before = await services.state.findDatabase(folder.project.id, env);
    const database = await provisionStage(folder, env, services);
    await configureStage(folder, env, services);
    const wasInTrash = before?.desired === 'trashed';
    return {
      data: { database, wasInTrash },
      text: (style) =>
        [
          `${style.bold(database.name)} is ready on ${database.host}:${database.port}`,
          ...(wasInTrash ? ['  back from the trash, with every row'] : []),
          `  login of the backend: ${database.user}, in ${folder.directory}/${environmentFiles(env).server}`,
        ].join('\n'),
    };
  },
};
