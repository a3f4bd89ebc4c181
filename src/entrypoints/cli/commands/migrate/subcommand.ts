import { type Command, Option } from 'commander';
import type { App } from '../../../../app.ts';
import type { Environment } from '../../../../domain/database.ts';
import type { ProjectFolder } from '../../../../domain/project.ts';
import type { Intent } from '../../../../operations/ownership.ts';
import { type Cli, type Typed, textOption } from '../../command.ts';
import type { Outcome } from '../../output/output.ts';

/** The project and the database a command is about. */
export interface MigratePlace {
  readonly folder: ProjectFolder;
  readonly env: Environment;
  readonly services: App;
}

/** One command below `migrate`. */
export interface MigrateSubcommand {
  define(command: Command): void;
  /** Somebody else's project may only be looked at. */
  readonly intent: Intent;
  run(cli: Cli, typed: Typed, place: MigratePlace): Promise<Outcome>;
}

/** `--to <migration>`: where to stop. */
export function toOption(what: string): Option {
  return new Option('--to <migration>', what);
}

/** What `--to` says, for the calls that take it. */
export function toOf(typed: Typed): { readonly to?: string } {
  const to = textOption(typed, 'to');
  return to === undefined ? {} : { to };
}

/** `--dry-run`: the plan alone. */
export function dryRunOption(): Option {
  return new Option('--dry-run', 'show what would be done, and do nothing');
}
