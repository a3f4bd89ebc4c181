import { type CliCommand, textOption } from '../command.ts';
import { environmentOf, environmentOption } from '../options.ts';
import { folderHere, projectNamed } from '../project.ts';

export const migrateCommand: CliCommand = {
  define(program) {
    const group = program
      .command('migrate')
      .summary('migrate the database')
      .description('Plain SQL migrations of the project.');
    group.command('up').description('apply what is pending').addOption(environmentOption());
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
