import type { ProjectStatus } from '../../../operations/status.ts';
import type { CliCommand } from '../command.ts';
import type { Style } from '../output/output.ts';
import { projectNamed } from '../project.ts';

export const statusCommand: CliCommand = {
  define: (program) =>
    program
      .command('status')
      .summary('what runs, and where')
      .description(
        'Tells the truth about a project: server, database, tables. Without a name: the project of this folder.',
      )
      .argument('[project]', 'name, id or folder'),

  async run(cli, typed) {
    const services = await cli.services();
    const record = await projectNamed(typed.args[0], cli.cwd, services, 'look');
    const { projectStatus } = await import('../../../operations/status.ts');
    const status = await projectStatus(record, services);
    return { data: status, text: (style) => describe(status, cli.config.command, style) };
  },
};

function describe({ project, database, server }: ProjectStatus, command: string, style: Style): string {
  const running = server?.status === 'running';
  const lines = [
    `${style.bold(project.name)} ${style.dim(project.id)}`,
    `  server    ${running ? style.green('running') : style.yellow(server?.status ?? 'not deployed')}${server && running ? ` at ${style.cyan(server.url)} (pid ${server.pid}, ${server.restarts} restarts)` : ''}`,
  ];
  if (database) {
    const reach = database.reachable ? style.green('reachable') : style.red('not reachable');
    lines.push(`  database  ${database.name}, ${database.status}, ${reach}`);
    for (const problem of database.problems) lines.push(`            ${problem}`);
    for (const table of database.tables) lines.push(`            ${table.name}: ${table.rows} rows`);
  } else {
    lines.push('  database  none');
  }
  lines.push(`  folder    ${project.directory}`);
  if (project.status === 'creating') lines.push(`  Not finished: ${command} resume ${project.id}`);
  else if (project.status === 'destroying') lines.push(`  Half taken away: ${command} destroy ${project.id}`);
  else if (database && database.problems.length > 0) lines.push(`  Restore it: ${command} provision, in its folder`);
  else if (!running) lines.push(`  Start it: ${command} start ${project.id}`);
  return lines.join('\n');
}
