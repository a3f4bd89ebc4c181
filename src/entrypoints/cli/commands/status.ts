import { describeSize, storageWarning } from '../../../domain/storage.ts';
import { amount } from '../../../domain/verdict.ts';
import type { DatabaseStatus, ProjectStatus } from '../../../operations/status.ts';
import type { CliCommand } from '../command.ts';
import { environmentFlag } from '../options.ts';
import type { Style } from '../output/output.ts';
import { remoteStatusLines } from '../output/remote-text.ts';
import { projectNamed } from '../project.ts';

export const statusCommand: CliCommand = {
  define: (program) =>
    program
      .command('status')
      .summary('what runs, and where')
      .description(
        'Tells the truth about a project: server, databases of all environments, tables, limits. Without a name: the project of this folder.',
      )
      .argument('[project]', 'name, id or folder'),

  async run(cli, typed) {
    const services = await cli.services();
    const record = await projectNamed(typed.args[0], cli.cwd, services, 'look');
    const { projectStatus } = await import('../../../operations/status.ts');
    const { remoteStatus } = await import('../../../operations/remote-status.ts');
    const isOwn = record.owner === services.owner;
    const [status, remotes] = await Promise.all([
      projectStatus(record, services),
      isOwn ? remoteStatus(record.id, services) : [],
    ]);
    return {
      data: { ...status, remotes },
      text: (style) =>
        [describe(status, isOwn, cli.config.command, style), ...remoteStatusLines(remotes, style)].join('\n'),
    };
  },
};

function describe(
  { project, database, databases, server, verification }: ProjectStatus,
  isOwn: boolean,
  command: string,
  style: Style,
): string {
  const running = server?.status === 'running';
  const lines = [
    `${style.bold(project.name)} ${style.dim(project.id)}`,
    `  server    ${running ? style.green('running') : style.yellow(server?.status ?? (isOwn ? 'not deployed' : 'none here'))}${server && running ? ` at ${style.cyan(server.url)} (pid ${server.pid}, ${server.restarts} restarts)` : ''}`,
    ...databases.flatMap((found) => describeDatabase(found, project.id, command, style)),
    ...(databases.length === 0 ? ['  database  none'] : []),
    `  folder    ${project.directory}`,
    `  verified  ${describeVerification(verification, command, style)}`,
  ];
  if (!isOwn) {
    const owner = `${project.owner}; its passwords are its owner's: its databases were not looked into`;
    return [...lines, `  owner     ${owner}`].join('\n');
  }
  const broken = databases.find(({ problems }) => problems.length > 0);
  if (project.status === 'creating') lines.push(`  Not finished: ${command} resume ${project.id}`);
  else if (project.status === 'destroying') lines.push(`  Half taken away: ${command} destroy ${project.id}`);
  else if (broken) lines.push(`  Restore it: ${command} provision${environmentFlag(broken.env)}, in its folder`);
  else if (!running && !database?.trash) lines.push(`  Start it: ${command} start ${project.id}`);
  return lines.join('\n');
}

function describeVerification(found: ProjectStatus['verification'], command: string, style: Style): string {
  if (found === null) return `never: ${command} verify, in its folder`;
  const when = new Date(found.at * 1000).toISOString().slice(0, 16).replace('T', ' ');
  const verdict = found.passed ? style.green('passed') : style.red('failed');
  const outdated = found.isOutdated ? `, ${style.yellow('and its files have changed since')}` : '';
  return `${verdict} (${found.profile}) at ${when} UTC${outdated}`;
}

function describeDatabase(found: DatabaseStatus, projectId: string, command: string, style: Style): readonly string[] {
  const { env, name, status, reachable, problems, tables, storage, limits, trash } = found;
  const label = (env === 'dev' ? 'database' : env).padEnd(9);
  if (trash && status === 'trashed') {
    const until = new Date(trash.restorableUntil * 1000).toISOString().slice(0, 16).replace('T', ' ');
    return [
      `  ${label} ${name}, ${style.yellow('in the trash')} until ${until} UTC${sizeOf(storage)}`,
      ...(reachable === null
        ? []
        : [`            Bring it back: ${command} deprovision ${projectId}${environmentFlag(env)} --undo`]),
    ];
  }
  const reach = reachable
    ? `, ${style.green('reachable')}`
    : reachable === null
      ? ''
      : `, ${style.red('not reachable')}`;
  const bounds = `${limits.connections} connections, ${limits.statementTimeoutSeconds} s a statement`;
  const warning = storage.bytes === null ? null : storageWarning('It', storage.bytes, storage.limitMb, storage.writes);
  return [
    `  ${label} ${name}, ${status}${reach}${sizeOf(storage)}`,
    `            ${style.dim(`limits: ${bounds}, ${limits.storageMb === null ? 'no bound of storage' : `${limits.storageMb} MB`}`)}`,
    ...(warning === null ? [] : [`            ${style.yellow(warning)}`]),
    ...problems.map((problem) => `            ${problem}`),
    ...tables.map((table) => `            ${table.name}: ${amount(table.rows, 'row')}`),
  ];
}

const sizeOf = ({ bytes }: DatabaseStatus['storage']) => (bytes === null ? '' : `, ${describeSize(bytes)}`);
