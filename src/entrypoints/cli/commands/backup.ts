import { type Command, Option } from 'commander';
import { ENVIRONMENTS } from '../../../domain/database.ts';
import { type Cli, type CliCommand, type Typed, textOption } from '../command.ts';
import { environmentOf, environmentOption, parseCount } from '../options.ts';
import type { Outcome } from '../output/output.ts';
import { folderHere, projectNamed } from '../project.ts';

export const backupCommand: CliCommand = {
  define(program) {
    const group = program
      .command('backup')
      .summary('keep the rows in a bucket')
      .description('The rows of the database in a bucket of S3, as one moment saw them.');
    withPlace(group.command('create'))
      .description('save all rows')
      .option('--days <count>', 'let the store take backups of the project away after so many days');
    withBucket(group.command('list'))
      .description('what there is, newest first')
      .argument('[project]', 'name, id or folder');
    withPlace(group.command('restore'))
      .description('bring the rows into a database that has the tables and no rows')
      .option('--id <id>', 'which one (default: the newest of the environment)')
      .addOption(
        new Option('--into-new [environment]', 'make the database of another environment for them').choices([
          ...ENVIRONMENTS,
        ]),
      );
    return group;
  },

  run(cli, typed) {
    switch (textOption(typed, 'subcommand')) {
      case 'create':
        return create(cli, typed);
      case 'restore':
        return restore(cli, typed);
      default:
        return list(cli, typed);
    }
  },
};

function withBucket(command: Command): Command {
  return command.option('--bucket <name>', 'the bucket (default: TURBOBACKEND_S3_BUCKET)');
}

const withPlace = (command: Command) => withBucket(command).addOption(environmentOption());

const bucketOf = (typed: Typed) => {
  const bucket = textOption(typed, 'bucket');
  return bucket === undefined ? {} : { bucket };
};

async function create(cli: Cli, typed: Typed): Promise<Outcome> {
  const days = textOption(typed, 'days');
  const kept = days === undefined ? {} : { days: Math.max(1, parseCount(days)) };
  const services = await cli.services();
  const folder = await folderHere(cli.cwd, services);
  const { id } = await projectNamed(undefined, cli.cwd, services);
  const { backUp } = await import('../../../pipeline/back-up.ts');
  const order = { env: environmentOf(typed), ...bucketOf(typed), ...kept };
  const backup = await services.runs.whileIdle(id, () => backUp(folder, order, services));
  return {
    data: { backup },
    text: (style) => `${backup.rows} rows in bucket ${style.cyan(backup.bucket)}: ${backup.id}`,
  };
}

async function list(cli: Cli, typed: Typed): Promise<Outcome> {
  const services = await cli.services();
  const { id } = await projectNamed(typed.args[0], cli.cwd, services, 'look');
  const { listBackups } = await import('../../../operations/backups.ts');
  const backups = await listBackups(id, textOption(typed, 'bucket'), services);
  const lines = backups.map(
    (one) =>
      `${one.id}  ${new Date(one.savedAt * 1000).toISOString()}  ${one.rows} rows, ${Math.ceil(one.bytes / 1024)} kB`,
  );
  return { data: { backups }, text: () => lines.join('\n') || 'There is no backup: turbobackend backup create' };
}

async function restore(cli: Cli, typed: Typed): Promise<Outcome> {
  const services = await cli.services();
  const folder = await folderHere(cli.cwd, services);
  const project = await projectNamed(undefined, cli.cwd, services);
  if (typed.options.intoNew !== undefined) return restoreNew(cli, typed);
  const { restoreBackup } = await import('../../../pipeline/restore-backup.ts');
  const id = textOption(typed, 'id');
  const env = environmentOf(typed);
  const order = { env, ...bucketOf(typed), ...(id === undefined ? {} : { id }) };
  const restored = await services.runs.whileIdle(project.id, () => restoreBackup(folder, order, services));
  return { data: { restored }, text: () => `${restored.rows} rows of ${restored.id} are in the ${env} database.` };
}

async function restoreNew(cli: Cli, typed: Typed): Promise<Outcome> {
  const services = await cli.services();
  const folder = await folderHere(cli.cwd, services);
  const project = await projectNamed(undefined, cli.cwd, services);
  const { restoreIntoNew } = await import('../../../pipeline/restore-into-new.ts');
  const named = textOption(typed, 'intoNew');
  const id = textOption(typed, 'id');
  const order = {
    from: environmentOf(typed),
    into: ENVIRONMENTS.find((env) => env === named) ?? null,
    ...bucketOf(typed),
    ...(id === undefined ? {} : { id }),
  };
  const { backup, env } = await services.runs.whileIdle(project.id, () => restoreIntoNew(folder, order, services));
  return {
    data: { restored: backup, env },
    text: (style) =>
      `${backup.rows} rows of ${backup.id} are in the new ${style.bold(env)} database, each as it was saved.`,
  };
}
