import { TurboError } from '../../domain/errors.ts';
import { shellWord } from '../../domain/shell-word.ts';

/** Questions to the person at the terminal. Each has a flag; without a terminal the flag is asked for instead. */
export interface Ask {
  /** Somebody sits at a terminal and may be asked. */
  readonly canAsk: boolean;
  /** Yes or no; `usual` is what Return means. Only where somebody can be asked. Throws `interrupted`. */
  yesOrNo(question: string, usual: boolean): Promise<boolean>;
  /** A text; `flag` is what to type when nobody can be asked. Throws `usage.missing`. */
  text(question: string, flag: string): Promise<string>;
  /**
   * Consent to something destructive, given by typing `word`, or by `--confirm <word>`. `--yes` is consent, too, unless
   * more is at stake; silence never is. Throws `confirm.needed`.
   */
  confirmByTyping(what: string, word: string, options?: ConfirmOptions): Promise<void>;
}

export interface ConfirmOptions {
  /** What was given as `--confirm`. */
  readonly confirmed?: string | undefined;
  /** `--yes` is not enough: production, or what nobody remembers making. */
  readonly strict?: boolean;
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
  type Prompts = typeof import('@inquirer/prompts');
  const draw = async <T>(show: (prompts: Prompts) => Promise<T>): Promise<T> => {
    pause();
    const prompts = await import('@inquirer/prompts');
    try {
      return await show(prompts);
    } catch (error) {
      // Ctrl-C at a prompt, or a terminal that went away.
      throw new TurboError('interrupted', 'Interrupted; nothing was changed.', { cause: error });
    }
  };
  const prompt = (message: string) => draw(({ input }) => input({ message }, { output: process.stderr }));
  return {
    canAsk: interactive,
    yesOrNo: (message, usual) =>
      draw(({ confirm }) => confirm({ message, default: usual }, { output: process.stderr })),
    async text(question, flag) {
      if (!interactive) {
        throw new TurboError('usage.missing', `${question} Nobody can be asked here.`, { hint: `Give it as ${flag}.` });
      }
      return prompt(question);
    },
    async confirmByTyping(what, word, { confirmed, strict = false } = {}) {
      const flag = strict ? `--confirm ${shellWord(word)}` : '--yes';
      const refuse = (typed: string) =>
        new TurboError('confirm.needed', `${JSON.stringify(typed)} is not ${word}: nothing was changed.`, {
          hint: `Run the command again, or add ${flag}.`,
        });
      if (confirmed !== undefined) {
        if (confirmed !== word) throw refuse(confirmed);
        return;
      }
      if (yes && !strict) return;
      if (!interactive) {
        const why = yes ? '--yes is not enough for it.' : 'Nobody can be asked here, and silence is not consent.';
        throw new TurboError('confirm.needed', `${what} ${why}`, { hint: `Add ${flag} to do it.` });
      }
      const typed = (await prompt(`${what} Type ${word} to do it:`)).trim();
      if (typed !== word) throw refuse(typed);
    },
  };
}
