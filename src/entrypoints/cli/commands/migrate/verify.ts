import type { Difference } from '../../../../domain/catalog.ts';
import { environmentOption } from '../../options.ts';
import type { MigrateSubcommand } from './subcommand.ts';

/** `migrate verify`: do database, migrations and schema say the same. */
export const verifySubcommand: MigrateSubcommand = {
  define(command) {
    command
      .description('compare database, migrations and schema, and say who differs; exit 3 when one does')
      .addOption(environmentOption());
  },
  intent: 'act',
  async run(_cli, _typed, { folder, env, services }) {
    const { verifyMigrations } = await import('../../../../pipeline/verify-migrations.ts');
    const drift = await verifyMigrations(folder, env, services);
    const lines = [
      ...(drift.sum === null ? [] : [`migrations.sum does not agree with the migrations: ${drift.sum}`]),
      ...drift.migrations.map(({ version, name, state }) => `${version}_${name} is ${state} in the ${env} database`),
      ...drift.database.map((found) => describe(found, 'the database', 'its migrations')),
      ...drift.schema.map((found) => describe(found, 'the migrations', 'turbobackend.json')),
    ];
    return {
      data: { agrees: lines.length === 0, ...drift },
      text: () => lines.join('\n') || 'Database, migrations and schema agree.',
      ...(lines.length > 0 ? { exitCode: 3 } : {}),
    };
  },
};

function describe({ kind, object, left, right }: Difference, one: string, other: string): string {
  if (left === null) return `${kind} ${object}: in ${other}, not in ${one}`;
  if (right === null) return `${kind} ${object}: in ${one}, not in ${other}`;
  return `${kind} ${object}: ${left} in ${one}, ${right} in ${other}`;
}
