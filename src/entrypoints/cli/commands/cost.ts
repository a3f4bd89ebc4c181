import { Option } from 'commander';
import { COST_GROUPS, type CostGroup, type CostSum, formatUsd } from '../../../domain/model-cost.ts';
import { stripInvisible } from '../../../domain/request.ts';
import type { CostReport } from '../../../operations/cost.ts';
import { type CliCommand, textOption } from '../command.ts';
import type { Style } from '../output/output.ts';
import { projectNamed } from '../project.ts';

export const costCommand: CliCommand = {
  define: (program) =>
    program
      .command('cost')
      .summary('what models have cost')
      .description('Calls of models and what they cost, by project, phase, model and day. Prices are list prices.')
      .argument('[project]', 'name, id or folder (default: all projects)')
      .addOption(new Option('--by <group>', 'only these sums').choices([...COST_GROUPS])),

  async run(cli, typed) {
    const services = await cli.services();
    const wanted = typed.args[0];
    const project = wanted === undefined ? null : await projectNamed(wanted, cli.cwd, services, 'look');
    const { costReport } = await import('../../../operations/cost.ts');
    const report = await costReport(project?.id, services);
    const only = COST_GROUPS.find((group) => group === textOption(typed, 'by'));
    const groups = only === undefined ? COST_GROUPS : [only];
    return {
      data: { project: project?.id ?? null, ...report },
      text: (style) => [totalLine(report), ...groups.flatMap((group) => section(group, report, style))].join('\n'),
    };
  },
};

/** Characters of the longest bar, and of a name. */
const BAR = 24;
const NAME = 32;

function totalLine({ total }: CostReport): string {
  if (total.calls === 0) return 'No model was asked yet.';
  const { input, output, cached, reasoning } = total.tokens;
  const tokens = `${input} tokens sent (${cached} from a cache), ${output} received (${reasoning} of them reasoning)`;
  return `${price(total)} for ${plural(total.calls, 'call')}; ${tokens}`;
}

function section(group: CostGroup, { by }: CostReport, style: Style): readonly string[] {
  const sums = by[group];
  if (sums.length === 0) return [];
  const dearest = Math.max(...sums.map(({ costUsd }) => costUsd ?? 0));
  return ['', style.bold(`by ${group}`), ...sums.map((sum) => row(sum, dearest, style))];
}

function row(sum: CostSum, dearest: number, style: Style): string {
  const clean = stripInvisible(sum.name).replace(/\s+/g, ' ');
  const name = clean.length > NAME ? `${clean.slice(0, NAME - 1)}…` : clean.padEnd(NAME);
  const share = dearest === 0 ? 0 : (sum.costUsd ?? 0) / dearest;
  const length = share === 0 ? 0 : Math.max(1, Math.round(share * BAR));
  const bar = `${style.cyan('█'.repeat(length))}${' '.repeat(BAR - length)}`;
  return `  ${name} ${bar} ${price(sum)} ${style.dim(plural(sum.calls, 'call'))}`;
}

/** `$0.12`, `$0.12 and 2 calls of unknown price`, `unknown`. */
function price({ costUsd, unpricedCalls }: Pick<CostSum, 'costUsd' | 'unpricedCalls'>): string {
  if (costUsd === null) return unpricedCalls === 0 ? formatUsd(0) : 'unknown';
  const rest = unpricedCalls === 0 ? '' : ` and ${plural(unpricedCalls, 'call')} of unknown price`;
  return `${formatUsd(costUsd)}${rest}`;
}

const plural = (count: number, noun: string) => `${count} ${noun}${count === 1 ? '' : 's'}`;
