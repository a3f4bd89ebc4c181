import { type CliCommand, flag } from '../command.ts';

export const listCommand: CliCommand = {
  define: (program) =>
    program
      .command('list')
      .summary('your projects')
      .description('Lists your projects, their databases and their servers.')
      .option('--all', "everybody's in this metadata database, with their owners"),

  async run(cli, typed) {
    const services = await cli.services();
    const all = flag(typed, 'all');
    const [known, databases] = await Promise.all([services.state.listProjects(), services.state.listDatabases()]);
    const records = all ? known : known.filter(({ owner }) => owner === services.owner);
    const projects = await Promise.all(
      records.map(async (project) => {
        const server = await services.target.inspect(project.id);
        const own = databases.filter(({ projectId }) => projectId === project.id);
        return {
          ...project,
          databases: own.map(({ env, databaseName: name, status }) => ({ env, name, status })),
          server: server?.status ?? null,
          url: server?.status === 'running' ? server.url : null,
        };
      }),
    );
    const { default: Table } = await import('cli-table3');
    return {
      data: { projects },
      text() {
        const others = known.length - records.length;
        const hint = others > 0 ? `${others} of other owners: ${cli.config.command} list --all` : '';
        if (projects.length === 0) {
          return [`No projects yet. Make one: ${cli.config.command} create "blog API"`, hint].join('\n').trim();
        }
        const grid = new Table({
          head: ['name', 'id', ...(all ? ['owner'] : []), 'state', 'databases', 'server', 'url', 'folder'],
          style: { head: [], border: [] },
        });
        for (const { name, id, owner, status, databases: own, server, url, directory } of projects) {
          const shown = own.map((found) => (found.status === 'trashed' ? `${found.env} (trash)` : found.env));
          const where = [status, shown.join(', ') || '-', server ?? '-', url ?? '-', directory];
          grid.push([name, id, ...(all ? [owner] : []), ...where]);
        }
        return `${grid.toString()}\n${hint}`.trim();
      },
    };
  },
};
