import { resolve } from 'node:path';
import type { Command } from 'commander';
import { isTurboError, TurboError } from '../../../domain/errors.ts';
import { isProjectId } from '../../../domain/ids.ts';
import { type Cli, type CliCommand, type Typed, textOption } from '../command.ts';
import type { Outcome } from '../output/output.ts';
import { folderHere, projectNamed } from '../project.ts';

export const filesCommand: CliCommand = {
  define(program) {
    const group = program
      .command('files')
      .summary('keep the files in a bucket')
      .description('The files of the project in a bucket of S3, without secrets and without what can be made again.');
    withBucket(group.command('push')).description('save them as they are now; what did not change is not sent again');
    withBucket(group.command('list')).description('what was saved, newest first').argument('[project]', PROJECT);
    withBucket(group.command('pull'))
      .description('write what was saved into a new folder')
      .argument('[project]', PROJECT)
      .requiredOption('--into <folder>', 'where to; it must not be there, or be empty')
      .option('--id <id>', 'which one (default: the newest)');
    return group;
  },

  run(cli, typed) {
    switch (textOption(typed, 'subcommand')) {
      case 'push':
        return push(cli, typed);
      case 'pull':
        return pull(cli, typed);
      default:
        return list(cli, typed);
    }
  },
};

const PROJECT = 'name, id or folder; an id also of another machine';

function withBucket(command: Command): Command {
  return command.option('--bucket <name>', 'the bucket (default: TURBOBACKEND_S3_BUCKET)');
}

async function push(cli: Cli, typed: Typed): Promise<Outcome> {
  const services = await cli.services();
  const folder = await folderHere(cli.cwd, services);
  const { id } = await projectNamed(undefined, cli.cwd, services);
  const { pushFiles } = await import('../../../operations/push-files.ts');
  const bucket = textOption(typed, 'bucket');
  const pushed = await services.runs.whileIdle(id, () => pushFiles(folder, bucket, services));
  if (pushed.leftOut.length > 0) {
    services.progress({ kind: 'warning', message: `Not saved, for their names: ${pushed.leftOut.join(', ')}` });
  }
  const told = pushed.isNew ? `${pushed.uploaded} were new or changed` : 'as they were there already';
  return {
    data: { pushed },
    text: (style) => `${pushed.files} files in bucket ${style.cyan(pushed.bucket)}, ${told}: ${pushed.id}`,
  };
}

async function list(cli: Cli, typed: Typed): Promise<Outcome> {
  const services = await cli.services();
  const projectId = await projectIdOf(cli, typed, services);
  const { listFiles } = await import('../../../operations/pull-files.ts');
  const saved = await listFiles(projectId, textOption(typed, 'bucket'), services);
  const lines = saved.map(
    ({ id, savedAt, files, bytes }) =>
      `${id}  ${new Date(savedAt * 1000).toISOString()}  ${files} files, ${Math.ceil(bytes / 1024)} kB`,
  );
  return { data: { saved }, text: () => lines.join('\n') || 'Nothing has been saved: turbobackend files push' };
}

async function pull(cli: Cli, typed: Typed): Promise<Outcome> {
  const services = await cli.services();
  const into = textOption(typed, 'into');
  if (into === undefined || into.trim() === '') {
    throw new TurboError('usage.missing', 'No folder is named to write to.', { hint: '--into <folder>' });
  }
  const projectId = await projectIdOf(cli, typed, services);
  const { pullFiles } = await import('../../../operations/pull-files.ts');
  const id = textOption(typed, 'id');
  const order = { projectId, into: resolve(cli.cwd, into), ...(id === undefined ? {} : { id }) };
  const pulled = await pullFiles(order, textOption(typed, 'bucket'), services);
  return {
    data: { pulled },
    text: (style) => `${pulled.files} files of ${pulled.name} in ${style.cyan(pulled.directory)}`,
  };
}

/** The files may outlive what this machine knows of the project: then its id says which. */
async function projectIdOf(cli: Cli, typed: Typed, services: Awaited<ReturnType<Cli['services']>>): Promise<string> {
  const [wanted] = typed.args;
  try {
    return (await projectNamed(wanted, cli.cwd, services, 'look')).id;
  } catch (error) {
    if (wanted !== undefined && isProjectId(wanted) && isTurboError(error, 'project.not_found')) return wanted;
    throw error;
  }
}
