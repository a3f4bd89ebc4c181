import { TurboError } from '../../../domain/errors.ts';
import type { CliCommand } from '../command.ts';
import { folderHere } from '../project.ts';

export const provisionCommand: CliCommand = {
  define: (program) =>
    program
      .command('provision')
      .summary("make the project's database")
      .description(
        "Makes the project's own database and roles, and writes its .env. Repeating it repairs what drifted.",
      ),

  async run(cli) {
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
    const database = await provisionStage(folder, 'dev', services);
    await configureStage(folder, 'dev', services);
    return {
      data: { database },
      text: (style) =>
        `${style.bold(database.name)} is ready on ${database.host}:${database.port}\n  login of the backend: ${database.user}, in ${folder.directory}/.env`,
    };
  },
};
