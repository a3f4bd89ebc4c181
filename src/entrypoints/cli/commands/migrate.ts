import type { CliCommand } from '../command.ts';
import { textOption } from '../command.ts';
import { environmentOf } from '../options.ts';
import { folderHere, projectNamed } from '../project.ts';
import { createSubcommand } from './migrate/create.ts';
import { diffSubcommand } from './migrate/diff.ts';
import { downSubcommand } from './migrate/down.ts';
import { repairSubcommand } from './migrate/repair.ts';
import { statusSubcommand } from './migrate/status.ts';
import type { MigrateSubcommand } from './migrate/subcommand.ts';
import { upSubcommand } from './migrate/up.ts';
import { verifySubcommand } from './migrate/verify.ts';

/** In the order of `--help`. */
const subcommands: Readonly<Record<string, MigrateSubcommand>> = {
  up: upSubcommand,
  down: downSubcommand,
  status: statusSubcommand,
  diff: diffSubcommand,
  create: createSubcommand,
  verify: verifySubcommand,
  repair: repairSubcommand,
};

export const migrateCommand: CliCommand = {
  define(program) {
    const group = program
      .command('migrate')
      .summary('migrate the database')
      .description('Plain SQL migrations of the project.');
    for (const [name, subcommand] of Object.entries(subcommands)) subcommand.define(group.command(name));
    return group;
  },

  async run(cli, typed) {
    const subcommand = subcommands[textOption(typed, 'subcommand') ?? ''] ?? statusSubcommand;
    const services = await cli.services();
    const folder = await folderHere(cli.cwd, services);
    await projectNamed(undefined, cli.cwd, services, subcommand.intent);
    const { needsDatabase } = await import('../../../pipeline/stages.ts');
    if (!needsDatabase(folder.project)) {
      return { data: { migrations: [] }, text: () => 'This project has no database.' };
    }
    return subcommand.run(cli, typed, { folder, env: environmentOf(typed), services });
  },
};
