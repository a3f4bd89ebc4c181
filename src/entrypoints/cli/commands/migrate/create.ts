import { flag } from '../../command.ts';
import type { MigrateSubcommand } from './subcommand.ts';

/** `migrate create <name>`: an empty migration and its way back. */
export const createSubcommand: MigrateSubcommand = {
  define(command) {
    command
      .description('begin a migration and the file that takes it back; for you to write')
      .argument('<name...>', 'what it does, in words: add tags')
      .option('--no-down', 'without a way back');
  },
  intent: 'act',
  async run(_cli, typed, { folder, services }) {
    const [{ exclusively }, { addMigration, readMigrations }, { UNWRITTEN_DOWN }] = await Promise.all([
      import('../../../../pipeline/exclusive.ts'),
      import('../../../../pipeline/migration-files.ts'),
      import('../../../../domain/migration.ts'),
    ]);
    const [words] = typed.args;
    const name = Array.isArray(words) ? words.join(' ') : String(words);
    // The first one comes from the schema, whenever somebody first asks.
    await readMigrations(folder, services);
    const down = flag(typed, 'down') ? UNWRITTEN_DOWN : null;
    const empty = { name, up: '-- turbobackend migrate up\n', down };
    const added = await exclusively(folder, services, () => addMigration(folder, empty, services));
    return {
      data: added,
      text: () => [added.up, ...(added.down === null ? [] : [added.down])].map((path) => `wrote ${path}`).join('\n'),
    };
  },
};
