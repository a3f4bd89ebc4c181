import { Command, CommanderError } from 'commander';
import type { App } from '../../app.ts';
import { ignorePostgresEnvironment, loadConfig, packageVersion, tightenSettings } from '../../config.ts';
import { TurboError } from '../../domain/errors.ts';
import { stripInvisible } from '../../domain/request.ts';
import { asTyped } from './as-typed.ts';
import { terminalAsk } from './ask.ts';
import { type Cli, type CliCommand, flag, type Typed } from './command.ts';
import { commands } from './commands.ts';
import { exitCode } from './exit-code.ts';
import { modelFlags } from './model-options.ts';
import { jsonOutput, jsonStreamOutput, quietOutput } from './output/json-output.ts';
import type { Failure, Output } from './output/output.ts';
import { listenForSignals } from './signals.ts';

/** Runs one command line to its end and gives the exit code; nothing is thrown. */
export async function run(argv: readonly string[]): Promise<number> {
  hushKnownWarnings();
  ignorePostgresEnvironment();
  surviveClosedPipes();
  let chosen: { command: CliCommand; typed: Typed } | null = null;
  const program = buildProgram((command, typed) => {
    chosen = { command, typed };
  });
  try {
    await program.parseAsync([...argv], { from: 'user' });
  } catch (error) {
    return usageFailure(error, argv, program);
  }
  // TypeScript cannot see that the callback above ran.
  const selected = chosen as { command: CliCommand; typed: Typed } | null;
  return selected ? execute(selected.command, selected.typed) : 0;
}

function buildProgram(choose: (command: CliCommand, typed: Typed) => void): Command {
  const program = new Command('turbobackend')
    .description('From a sentence to a running REST backend with its own PostgreSQL database.')
    .version(packageVersion(), '-V, --version')
    .option('--json', 'print one JSON object and nothing else')
    .option('--json-stream', 'print one line of JSON per event')
    .option('-y, --yes', 'agree to everything that would be asked')
    .option('-q, --quiet', 'no progress, only the result')
    .option('-v, --verbose', 'say more')
    .option('--no-color', 'no colours')
    .showHelpAfterError('(try: turbobackend --help)')
    .exitOverride()
    .configureOutput({ writeErr: () => {} });
  for (const command of commands) {
    for (const defined of leaves(command.define(program))) {
      defined.action(() => choose(command, { args: defined.processedArgs, options: defined.optsWithGlobals() }));
    }
  }
  return program;
}

/** A group like `db` has its subcommands as leaves; their name reaches the command as the option `subcommand`. */
function leaves(command: Command): readonly Command[] {
  command.exitOverride().configureOutput({ writeErr: () => {} });
  if (command.commands.length === 0) return [command];
  return command.commands.flatMap((sub) => {
    sub.setOptionValue('subcommand', sub.name());
    return leaves(sub);
  });
}

function usageFailure(error: unknown, argv: readonly string[], program: Command): number {
  if (error instanceof CommanderError) {
    // --help and --version end this way, too; what they have to say is on stdout already.
    if (error.exitCode === 0) return 0;
    const failure = unusable(error, argv, program);
    earlyOutput(argv.includes('--json'), argv.includes('--json-stream')).failure(describe(failure, false));
    return exitCode(failure);
  }
  earlyOutput(argv.includes('--json'), argv.includes('--json-stream')).failure(describe(error, true));
  return exitCode(error);
}

/** What is wrong with a command line, in one sentence; where a command is missing, those that could stand there. */
function unusable(error: CommanderError, argv: readonly string[], program: Command): TurboError {
  const [first, second] = argv.filter((word) => !word.startsWith('-'));
  const group = program.commands.find((command) => command.name() === first);
  const unknown = first === 'help' ? second : undefined;
  if (error.code !== 'commander.help' || unknown !== undefined) {
    const message = unknown === undefined ? error.message.replace(/^error: /, '') : `unknown command '${unknown}'`;
    return new TurboError('usage.invalid', message, { hint: 'turbobackend --help' });
  }
  const names = (group?.commands ?? []).map((command) => command.name()).filter((name) => name !== 'help');
  return new TurboError(
    'usage.invalid',
    group ? `A command is missing after ${group.name()}: ${names.join(', ')}.` : 'A command is missing.',
    { hint: group ? `turbobackend ${group.name()} --help` : 'turbobackend create "blog API", or turbobackend --help' },
  );
}

/** For failures before options and configuration are known. */
function earlyOutput(json: boolean, jsonStream: boolean): Output {
  if (json) return jsonOutput(writeOut);
  return jsonStream ? jsonStreamOutput(writeOut) : quietOutput(writeOut, writeErr);
}

const writeOut = (text: string) => {
  process.stdout.write(text);
};
const writeErr = (text: string) => {
  process.stderr.write(text);
};

async function chooseOutput(typed: Typed, color: boolean): Promise<Output> {
  const { options } = typed;
  if (options.json) return jsonOutput(writeOut);
  if (options.jsonStream) return jsonStreamOutput(writeOut);
  if (options.quiet) return quietOutput(writeOut, writeErr);
  const { terminalOutput } = await import('./output/terminal-output.ts');
  // A terminal that does not know its width (a pseudo-terminal of 0 columns) would make the spinner clear lines for ever.
  const animated = process.stderr.isTTY === true && process.stderr.columns > 0 && color;
  return terminalOutput({
    stdout: writeOut,
    stderr: writeErr,
    animated,
    color: color && options.color !== false && process.stdout.isTTY === true,
    verbose: options.verbose === true,
  });
}

async function execute(command: CliCommand, typed: Typed): Promise<number> {
  let follower: AbortController | null = null;
  let output = earlyOutput(flag(typed, 'json'), flag(typed, 'jsonStream'));
  let app: Promise<App> | null = null;
  let opened: App | null = null;
  const signals = listenForSignals(
    () => follower,
    () => output,
    () => opened,
  );
  try {
    const cwd = currentFolder();
    const config = loadConfig(cwd, undefined, {
      withoutSaved: command.mendsSettings === true,
      model: modelFlags(typed),
    });
    output = await chooseOutput(typed, config.color);
    if (tightenSettings(config.home)) {
      output.progress({ kind: 'note', message: `Others could read ${config.home}/config.json; now only you can.` });
    }
    const { yes, json, jsonStream } = typed.options;
    const cli: Cli = {
      config,
      cwd,
      output,
      untilSignal() {
        follower ??= new AbortController();
        return follower.signal;
      },
      ask: terminalAsk({
        interactive: Boolean(process.stdin.isTTY && process.stderr.isTTY) && !config.ci && !yes && !json && !jsonStream,
        yes: yes === true,
        pause: () => output.stop(),
      }),
      services() {
        app ??= import('../../app.ts').then(async ({ openServices }) => {
          // While it ends, all that was to be said was said.
          opened = await openServices(config, (event) => {
            if (!signals.ending()) output.progress(event);
          });
          return opened;
        });
        return app;
      },
    };
    const outcome = await command.run(cli, typed);
    await signals.ending();
    output.result(outcome);
    return outcome.exitCode ?? 0;
  } catch (error) {
    await signals.ending();
    output.failure(describe(error, typed.options.verbose === true));
    return exitCode(error);
  } finally {
    output.stop();
    await closeApp(app);
    signals.release();
  }
}

/** A shell may still stand in a folder that was removed, by `destroy` for one. */
function currentFolder(): string {
  try {
    return process.cwd();
  } catch (error) {
    throw new TurboError('workspace.unwritable', 'The folder you are in does not exist any more.', {
      hint: 'Go to another one (cd ~) and run the command again.',
      cause: error,
    });
  }
}

async function closeApp(app: Promise<App> | null): Promise<void> {
  const opened = await app?.catch(() => null);
  await opened?.close();
}

/** What people see of an error: nothing a terminal could misread, and a stack only for bugs. */
function describe(error: unknown, verbose: boolean): Failure {
  if (error instanceof TurboError) {
    const { code, message, details } = error;
    const hint = error.hint === undefined ? undefined : asTyped(stripInvisible(error.hint));
    const stack = verbose && error.cause instanceof Error ? `caused by ${error.cause.message}` : undefined;
    return { code, message: stripInvisible(message), hint, details, stack: stack && stripInvisible(stack) };
  }
  const message = error instanceof Error ? error.message : String(error);
  return {
    code: 'internal',
    message: `This is a bug in turbobackend: ${stripInvisible(message)}`,
    hint: verbose ? undefined : 'Run the same command with --verbose and report what it prints.',
    details: undefined,
    stack: verbose && error instanceof Error ? error.stack : undefined,
  };
}

/**
 * `turbobackend list | head -1`: a reader that has enough is not an error. A result that could not be written, to a full
 * disk for one, ends as a failure, but the work is done to its end.
 */
function surviveClosedPipes(): void {
  // Where complaints cannot be written there is nobody to complain to.
  process.stderr.on('error', () => {});
  let told = false;
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE' || told) return;
    told = true;
    const failure = new TurboError('workspace.full', `The result could not be written (${error.code}).`, {
      hint: 'Send the output to a place with room for it. What was done stays done.',
    });
    quietOutput(writeOut, writeErr).failure(describe(failure, false));
    process.on('exit', () => {
      process.exitCode ||= exitCode(failure);
    });
  });
}

/** DBOS triggers one deprecation warning of pg at each launch; people can do nothing about it. */
function hushKnownWarnings(): void {
  process.removeAllListeners('warning');
  process.on('warning', (warning) => {
    if (warning.message.includes('client.query() when the client is already executing')) return;
    process.stderr.write(`${warning.name}: ${warning.message}\n`);
  });
}
