import { Argument, type Command } from 'commander';
import type { CliCommand } from '../command.ts';
import type { CommandWords } from '../output/completion-script.ts';

/** Filled in by `define`: all commands hang below it when one of them runs. */
let program: Command | null = null;

export const completionCommand: CliCommand = {
  define(root) {
    program = root;
    return root
      .command('completion')
      .summary('let your shell complete commands')
      .description(
        'Prints a script for your shell: source <(turbobackend completion bash) in ~/.bashrc, the same with zsh in ~/.zshrc, turbobackend completion fish > ~/.config/fish/completions/turbobackend.fish',
      )
      .addArgument(new Argument('<shell>', 'which shell').choices(['bash', 'zsh', 'fish']));
  },

  async run(_cli, typed) {
    const { completionScript, SHELLS } = await import('../output/completion-script.ts');
    const shell = SHELLS.find((one) => one === typed.args[0]) ?? 'bash';
    const script = program === null ? '' : completionScript(shell, wordsOf(program));
    return { data: { shell, script }, text: () => script.trimEnd() };
  },
};

function wordsOf(command: Command): CommandWords {
  return {
    name: command.name(),
    summary: command.summary() || command.description(),
    options: command.options.flatMap(({ long, hidden }) => (long && !hidden ? [long] : [])),
    subcommands: command.commands.filter((one) => one.name() !== 'help').map(wordsOf),
  };
}
