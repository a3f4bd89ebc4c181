import type { CliCommand } from '../command.ts';

export const listCommand: CliCommand = {
  define: (program) =>
    program.command('list').summary('all projects').description('Lists all projects of this machine.'),

  async run(cli) {
    const services = await cli.services();
    const records = await services.state.listProjects();
    const projects = await Promise.all(
      records.map(async (project) => {
        const server = await services.target.inspect(project.id);
        return { ...project, server: server?.status ?? null, url: server?.status === 'running' ? server.url : null };
      }),
    );
    const { default: Table } = await import('cli-table3');
    return {
      data: { projects },
      text() {
        if (projects.length === 0) return `No projects yet. Make one: ${cli.config.command} create "blog API"`;
        const grid = new Table({
          head: ['name', 'id', 'state', 'server', 'url', 'folder'],
          style: { head: [], border: [] },
        });
        for (const { name, id, status, server, url, directory } of projects) {
          grid.push([name, id, status, server ?? '-', url ?? '-', directory]);
        }
        return grid.toString();
      },
    };
  },
};
