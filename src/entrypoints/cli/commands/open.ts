import { TurboError } from '../../../domain/errors.ts';
import type { CliCommand } from '../command.ts';
import { projectNamed } from '../project.ts';

export const openCommand: CliCommand = {
  define: (program) =>
    program
      .command('open')
      .summary('where the API and its description are')
      .description('Prints the address of the running server and of the page that describes its API.')
      .argument('[project]', 'name, id or folder'),

  async run(cli, typed) {
    const services = await cli.services();
    const project = await projectNamed(typed.args[0], cli.cwd, services);
    const server = await services.target.inspect(project.id);
    if (server?.status !== 'running') {
      throw new TurboError('project.incomplete', `The server of ${project.name} does not run here.`, {
        hint: `turbobackend start ${project.id}`,
      });
    }
    const { DOCS_PATH } = await import('../../../domain/rest.ts');
    const docs = new URL(DOCS_PATH, server.url).href;
    return { data: { url: server.url, docs }, text: (style) => `${style.cyan(docs)}\n${style.dim(server.url)}` };
  },
};
