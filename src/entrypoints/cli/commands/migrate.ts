import type { App } from '../../../app.ts';
import type { ProjectFolder } from '../../../domain/project.ts';
import { type Cli, type CliCommand, type Typed, textOption } from '../command.ts';
import { confirmOption, environmentOf, environmentOption } from '../options.ts';
import { folderHere, projectNamed } from '../project.ts';

export const migrateCommand: CliCommand = {
  define(program) {
    const group = program
      .command('migrate')
      .summary('migrate the database')
      .description('Plain SQL migrations of the project.');
    group
      .command('up')
      .description('apply what is pending; on prod, what drops or deletes asks for the name of the project')
      .addOption(environmentOption())
      .addOption(confirmOption());
    group
      .command('status')
      .description('show what is applied, pending, changed or missing')
      .addOption(environmentOption());
    return group;
  },

  async run(cli, typed) {
    const services = await cli.services();
    const folder = await folderHere(cli.cwd, services);
    const env = environmentOf(typed);
    const isUp = textOption(typed, 'subcommand') === 'up';
    await projectNamed(undefined, cli.cwd, services, isUp ? 'act' : 'look');
    const stages = await import('../../../pipeline/stages.ts');
    if (!stages.needsDatabase(folder.project)) {
      return { data: { migrations: [] }, text: () => 'This project has no database.' };
    }
    if (isUp) {
      if (env === 'prod') await consent(cli, typed, folder, services);
      const { applied, alreadyApplied } = await stages.migrateStage(folder, env, services);
      return {
        data: { applied, alreadyApplied },
        text: () =>
          applied.length === 0
            ? `Nothing to do: ${alreadyApplied.length} applied already.`
            : applied.map((name) => `applied ${name}`).join('\n'),
      };
    }
    const rows = await stages.migrationStatusStage(folder, env, services);
    return {
      data: { migrations: rows },
      text: (style) =>
        rows
          .map(({ version, name, state }) => {
            const shown = state === 'applied' ? style.green(state) : style.yellow(state);
            return `${shown.padEnd(8)} ${version}_${name}`;
          })
          .join('\n') || 'There are no migrations.',
      ...(rows.some(({ state }) => state === 'changed' || state === 'missing') ? { exitCode: 3 } : {}),
    };
  },
};

const MAX_SHOWN = 5;

/** What takes data away from production asks for the project's name. */
async function consent(cli: Cli, typed: Typed, folder: ProjectFolder, services: App): Promise<void> {
  const { pendingDestruction } = await import('../../../pipeline/migration-files.ts');
  const found = await pendingDestruction(folder, 'prod', services);
  if (found.length === 0) return;
  const more = found.length > MAX_SHOWN ? `, and ${found.length - MAX_SHOWN} more` : '';
  await cli.ask.confirmByTyping(
    `The pending migrations take data away from production: ${found.slice(0, MAX_SHOWN).join('; ')}${more}.`,
    folder.project.name,
    { confirmed: textOption(typed, 'confirm'), strict: true },
  );
}
