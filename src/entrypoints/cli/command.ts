import type { Command } from 'commander';
import type { App } from '../../app.ts';
import type { Config } from '../../config.ts';
import type { Ask } from './ask.ts';
import type { Outcome, Output } from './output/output.ts';

/** What every command works with. */
export interface Cli {
  readonly config: Config;
  readonly cwd: string;
  readonly output: Output;
  readonly ask: Ask;
  /** For what runs until somebody ends it: Ctrl-C and SIGTERM fire the signal instead of ending the process. */
  untilSignal(): AbortSignal;
  /** Opened at the first call, closed when the command ends. */
  services(): Promise<App>;
}

/** What was typed: arguments in order (undefined when left out) and options by name. */
export interface Typed {
  readonly args: readonly (string | undefined)[];
  readonly options: Readonly<Record<string, unknown>>;
}

/** One subcommand: its syntax, and what it does. Heavy modules are imported inside `run`, so that `--help` stays quick. */
export interface CliCommand {
  define(program: Command): Command;
  /** Runs without the saved settings, so that it works when they are broken. */
  readonly mendsSettings?: true;
  run(cli: Cli, typed: Typed): Promise<Outcome>;
}

export function textOption(typed: Typed, name: string): string | undefined {
  const value = typed.options[name];
  return typeof value === 'string' ? value : undefined;
}

export function flag(typed: Typed, name: string): boolean {
  return typed.options[name] === true;
}
