import type { App } from '../../../app.ts';
import { type Environment, type OwnDatabase, parseDatabaseName } from '../../../domain/database.ts';
import { TurboError } from '../../../domain/errors.ts';
import type { Withdrawn } from '../../../operations/withdraw-database.ts';
import type { DatabaseRecord, ProjectRecord } from '../../../ports/state-records.ts';
import { type Cli, type CliCommand, flag, type Typed, textOption } from '../command.ts';
import { confirmOption, environmentFlag, environmentOf, environmentOption } from '../options.ts';
import type { Outcome } from '../output/output.ts';
import { projectNamed, refuseForsaken } from '../project.ts';

export const deprovisionCommand: CliCommand = {
  define: (program) =>
    program
      .command('deprovision')
      .summary("take a project's database away, with undo")
      .description(
        "Moves a project's database to the trash: closed to everybody, every row kept for seven days. The project and its folder stay.",
      )
      .argument('[project]', 'name, id or folder')
      .addOption(environmentOption())
      .option('--undo', 'bring it back from the trash')
      .option('--purge', 'for good, at once; also what is in the trash')
      .option('--orphan <database>', 'drop a database of ours that no project turbobackend knows has')
      .addOption(confirmOption()),

  async run(cli, typed) {
    const [undo, purge] = [flag(typed, 'undo'), flag(typed, 'purge')];
    const orphan = textOption(typed, 'orphan');
    if ([undo, purge, orphan !== undefined].filter(Boolean).length > 1) {
      throw new TurboError('usage.invalid', '--undo, --purge and --orphan exclude each other.', {
        hint: 'turbobackend deprovision --help',
      });
    }
    const services = await cli.services();
    if (orphan !== undefined) return drop(cli, typed, orphan, services);
    const wanted = typed.args[0];
    if (wanted !== undefined) await refuseForsaken(wanted, services);
    if (!undo && wanted !== undefined && (await services.state.wasDestroyed(wanted))) {
      return { data: { changed: false }, text: () => `${wanted} was destroyed before: nothing to do.` };
    }
    const project = await projectNamed(wanted, cli.cwd, services);
    const env = environmentOf(typed);
    return undo ? bringBack(cli, project, env, services) : withdraw(cli, typed, { project, env, purge }, services);
  },
};

interface Withdrawal {
  readonly project: ProjectRecord;
  readonly env: Environment;
  readonly purge: boolean;
}

async function withdraw(cli: Cli, typed: Typed, wanted: Withdrawal, services: App): Promise<Outcome> {
  const { project, env, purge } = wanted;
  const { isWithdrawn, withdrawDatabase } = await import('../../../operations/withdraw-database.ts');
  const record = await services.state.findDatabase(project.id, env);
  let expired: readonly DatabaseRecord[] = [];
  if (!isWithdrawn(record, purge)) {
    expired = await sweepable(project.id, env, services);
    const what = purge
      ? `This drops the ${env} database of ${project.name} and every row in it, for good.`
      : `This closes the ${env} database of ${project.name} to everybody and moves it to the trash for seven days.`;
    const stops = env === 'dev' ? ' Its server is stopped.' : '';
    const confirmed = textOption(typed, 'confirm');
    await cli.ask.confirmByTyping(what + stops + describeSweep(expired), project.name, {
      confirmed,
      strict: env === 'prod',
    });
  }
  const withdrawn = await withdrawDatabase(project, { env, purge }, services);
  const swept = await sweep(expired, services);
  const undo =
    withdrawn.trash === null ? null : `${cli.config.command} deprovision ${project.id}${environmentFlag(env)} --undo`;
  const { id, name } = project;
  return {
    data: { project: { id, name }, env, ...withdrawn, undo, swept },
    text: () =>
      [
        describe(wanted, withdrawn, undo, cli.config.command),
        ...swept.map((gone) => `  ${gone} was in the trash for seven days, and is gone for good.`),
      ].join('\n'),
  };
}

function describe({ project, env }: Withdrawal, withdrawn: Withdrawn, undo: string | null, command: string): string {
  const { changed, trash, restorableUntil, serverWasRunning, cleaned } = withdrawn;
  const server = [
    ...(serverWasRunning ? ['  server    stopped'] : []),
    ...(cleaned.length === 0 ? [] : [`  files     its logins are out of ${cleaned.join(' and ')}`]),
  ];
  if (trash === null || restorableUntil === null || undo === null) {
    if (!changed) return [`${project.name} has no ${env} database: nothing to do.`, ...server].join('\n');
    return [`The ${env} database of ${project.name} is gone, with its roles.`, ...server].join('\n');
  }
  const until = `${new Date(restorableUntil * 1000).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
  return [
    changed
      ? `The ${env} database of ${project.name} is in the trash until ${until}.`
      : `Nothing to do: the ${env} database of ${project.name} is in the trash already, until ${until}.`,
    ...server,
    `  Bring it back:  ${undo}`,
    `  For good, now:  ${command} deprovision ${project.id}${environmentFlag(env)} --purge`,
  ].join('\n');
}

/** What else goes on the way, once it is consented to: what has been in the trash for more than seven days. */
async function sweepable(projectId: string, env: Environment, services: App): Promise<readonly DatabaseRecord[]> {
  const { findSweepable } = await import('../../../operations/sweep-trash.ts');
  const expired = await findSweepable(services);
  return expired.filter((record) => record.projectId !== projectId || record.env !== env);
}

function describeSweep(expired: readonly DatabaseRecord[]): string {
  if (expired.length === 0) return '';
  const names = expired.map(({ trashName }) => trashName).join(', ');
  return ` Goes for good as well, after its seven days in the trash: ${names}.`;
}

async function sweep(expired: readonly DatabaseRecord[], services: App): Promise<readonly string[]> {
  if (expired.length === 0) return [];
  const { sweepTrash } = await import('../../../operations/sweep-trash.ts');
  return sweepTrash(expired, services);
}

async function bringBack(cli: Cli, project: ProjectRecord, env: Environment, services: App): Promise<Outcome> {
  const { restoreStage } = await import('../../../pipeline/stages.ts');
  const database = await restoreStage(project, env, services);
  const { id, name } = project;
  return {
    data: { project: { id, name }, env, database },
    text: (style) =>
      [
        `${style.bold(database.name)} is back with every row.`,
        ...(env === 'dev' ? [`  Start the server: ${cli.config.command} start ${id}`] : []),
      ].join('\n'),
  };
}

async function drop(cli: Cli, typed: Typed, name: string, services: App): Promise<Outcome> {
  const orphan = checkedOrphan(typed, name);
  const { dropOrphan } = await import('../../../operations/drop-orphan.ts');
  await cli.ask.confirmByTyping(
    `This drops ${name} and every row in it, for good. If another metadata database knows it, its project loses it.`,
    name,
    { confirmed: textOption(typed, 'confirm'), strict: true },
  );
  const { changed, steps } = await dropOrphan(orphan, services);
  return {
    data: { orphan: name, changed, steps },
    text: () => (changed ? `${name} is gone.` : `There is no ${name}: nothing to do.`),
  };
}

function checkedOrphan(typed: Typed, name: string): OwnDatabase {
  const orphan = parseDatabaseName(name);
  if (orphan && typed.args[0] === undefined) return orphan;
  const message = orphan ? '--orphan takes no project.' : `${JSON.stringify(name)} is not a name turbobackend gives.`;
  throw new TurboError('usage.invalid', message, { hint: 'Orphans are listed by: turbobackend doctor' });
}
