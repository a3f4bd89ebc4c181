import { TurboError } from '../../domain/errors.ts';

/** Questions to the person at the terminal. Each has a flag; without a terminal the flag is asked for instead. */
export interface Ask {
  /** A text; `flag` is what to type when nobody can be asked. Throws `usage.missing`. */
  text(question: string, flag: string): Promise<string>;
  /**
   * Consent to something destructive, given by typing `word`. `--yes` is consent, too; silence never is.
   * Throws `confirm.needed`.
   */
  confirmByTyping(what: string, word: string): Promise<void>;
}

export interface AskOptions {
  /** Both ends are terminals, and neither --json, --yes nor CI says otherwise. */
  readonly interactive: boolean;
  readonly yes: boolean;
  /** Ends spinners before a question is drawn. */
  readonly pause: () => void;
}

/** Questions through @inquirer/prompts, which is only loaded when one is asked. */
export function terminalAsk({ interactive, yes, pause }: AskOptions): Ask {
  const prompt = async (message: string) => {
    pause();
    const { input } = await import('@inquirer/prompts');
    try {
      return await input({ message }, { output: process.stderr });
    } catch (error) {
      // Ctrl-C at a prompt, or a terminal that went away.
      throw new TurboError('interrupted', 'Interrupted; nothing was changed.', { cause: error });
    }
  };
  return {
    async text(question, flag) {
      if (!interactive) {
        throw new TurboError('usage.missing', `${question} Nobody can be asked here.`, { hint: `Give it as ${flag}.` });
      }
      return prompt(question);
    },
    async confirmByTyping(what, word) {
      if (yes) return;
      if (!interactive) {
        throw new TurboError('confirm.needed', `${what} Nobody can be asked here, and silence is not consent.`, {
          hint: 'Add --yes to do it.',
        });
      }
      const typed = await prompt(`${what} Type ${word} to do it:`);
      if (typed.trim() !== word) {
        throw new TurboError('confirm.needed', `${JSON.stringify(typed.trim())} is not ${word}: nothing was changed.`, {
          hint: 'Run the command again, or add --yes.',
        });
      }
    },
  };
}
