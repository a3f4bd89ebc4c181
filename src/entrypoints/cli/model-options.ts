import { type Command, Option } from 'commander';
import { chooseModels, type ModelFlags } from '../../config.ts';
import { TurboError } from '../../domain/errors.ts';
import { type Cli, flag, type Typed, textOption } from './command.ts';

/** What every command that asks a model takes. */
export function modelOptions(command: Command): Command {
  return command
    .option('--model <name>', 'who is asked: planner, or a model like openai/gpt-5.4-mini')
    .option('--max-cost <usd>', 'US dollars that models may cost the project in all')
    .option('--max-iterations <count>', 'calls of a model that the project may make in all')
    .option('--replay', 'use recorded answers of models only, and no network')
    .option('--fresh', 'ask again, also what was answered before')
    .option('--show-prompts', 'show what is sent to a model')
    .addOption(
      new Option('--sandbox <way>', 'none: run what a model wrote without one, on your word').choices(['none']),
    );
}

/** Throws `usage.invalid`. */
export function modelFlags(typed: Typed): ModelFlags {
  const [replay, fresh] = [flag(typed, 'replay'), flag(typed, 'fresh')];
  if (replay && fresh) {
    throw new TurboError('usage.invalid', '--replay and --fresh exclude each other.', { hint: 'Leave one out.' });
  }
  return {
    model: textOption(typed, 'model'),
    maxCostUsd: positive(textOption(typed, 'maxCost'), '--max-cost', /^\d{1,6}(\.\d{1,6})?$/),
    maxCalls: positive(textOption(typed, 'maxIterations'), '--max-iterations', /^\d{1,6}$/),
    records: replay ? 'only' : fresh ? 'ignore' : undefined,
    showPrompts: flag(typed, 'showPrompts'),
    sandbox: textOption(typed, 'sandbox') === 'none' ? 'none' : undefined,
  };
}

function positive(value: string | undefined, option: string, form: RegExp): number | undefined {
  if (value === undefined) return undefined;
  const number = Number(value);
  if (form.test(value)) return number;
  throw new TurboError('usage.invalid', `${JSON.stringify(value)} does not fit ${option}.`, {
    hint: option === '--max-cost' ? 'Give US dollars: --max-cost 0.50' : 'Give a number: --max-iterations 10',
  });
}

/**
 * Whether a service is asked in any phase: then calls are recorded, and what records them is needed. Throws
 * `config.invalid` before anything is begun.
 */
export function asksService({ config, output }: Pick<Cli, 'config' | 'output'>): boolean {
  const asks = Object.values(chooseModels(config.models)).some((service) => service !== null);
  if (!asks && config.models.flags.showPrompts) {
    output.progress({ kind: 'note', message: 'Nothing is sent: the built-in planner works on this machine.' });
  }
  return asks;
}
