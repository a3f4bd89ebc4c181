import type { CliCommand } from '../command.ts';
import { designOrder } from '../design-order.ts';
import { modelOptions } from '../model-options.ts';
import { databaseOption } from '../options.ts';

export const detectCommand: CliCommand = {
  define(program) {
    const command = program
      .command('detect')
      .summary('does a request need a database?')
      .description(
        'Decides whether a request needs a database, and says why. In a project folder the request may be left out.',
      )
      .argument('[request]', 'what the backend is for')
      .addOption(databaseOption())
      .option('--no-save', 'do not keep the answer in an empty folder');
    return modelOptions(command);
  },

  async run(cli, typed) {
    const order = await designOrder(cli, typed);
    const { decide } = await import('../../../pipeline/design.ts');
    const decision = await decide(order, order.services);
    await order.save({ decision, schema: null });
    return {
      data: decision,
      text: (style) =>
        [
          `${style.bold(decision.needsDatabase ? 'Needs a database' : 'Needs no database')} ${style.dim(`(${Math.round(decision.confidence * 100)} % sure, decided by ${decision.decidedBy})`)}`,
          `  ${decision.reason}`,
        ].join('\n'),
    };
  },
};
