import { environmentOption } from '../../options.ts';
import type { MigrateSubcommand } from './subcommand.ts';

/** `migrate status`: files and database side by side. */
export const statusSubcommand: MigrateSubcommand = {
  define(command) {
    command.description('show what is applied, pending, changed or missing').addOption(environmentOption());
  },
  intent: 'look',
  async run(_cli, _typed, { folder, env, services }) {
    const { listMigrations } = await import('../../../../pipeline/migrations.ts');
    const rows = await listMigrations(folder, env, services);
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
