import { TurboError } from '../../../domain/errors.ts';
import { type CliCommand, type Typed, textOption } from '../command.ts';
import { deploymentLines } from '../output/remote-text.ts';
import { projectNamed } from '../project.ts';

export const scaleCommand: CliCommand = {
  define: (program) =>
    program
      .command('scale')
      .summary('more, or larger, machines at Fly.io')
      .description(
        'Changes how many machines a deployment has at Fly.io, and what each has. More of either costs more.',
      )
      .argument('[project]', 'name, id or folder')
      .option('--count <machines>', 'how many, 1 to 20')
      .option('--memory <mb>', 'memory of each in MB, from 256 in steps of 256')
      .option('--cpus <count>', 'shared processors of each: 1, 2, 4 or 8'),

  async run(cli, typed) {
    const numbers = readNumbers(typed);
    const services = await cli.services();
    const project = await projectNamed(typed.args[0], cli.cwd, services);
    const { appOfProject, scaleApp } = await import('../../../operations/fly-app.ts');
    // Whoever has nothing to scale is not asked by how much.
    await appOfProject(project, services);
    const wish = assertSaid(numbers);
    const deployment = await scaleApp(project, wish, services);
    return { data: { deployment }, text: (style) => deploymentLines(deployment, style).join('\n') };
  },
};

function readNumbers(typed: Typed) {
  const count = readNumber(typed, 'count', (value) => value >= 1 && value <= 20, '--count 2');
  const isMemory = (value: number) => value >= 256 && value <= 65_536 && value % 256 === 0;
  const memoryMb = readNumber(typed, 'memory', isMemory, '--memory 512');
  const cpus = readNumber(typed, 'cpus', (value) => [1, 2, 4, 8].includes(value), '--cpus 2');
  return {
    ...(count === undefined ? {} : { count }),
    ...(memoryMb === undefined ? {} : { memoryMb }),
    ...(cpus === undefined ? {} : { cpus }),
  };
}

function assertSaid<T extends object>(wish: T): T {
  if (Object.keys(wish).length > 0) return wish;
  throw new TurboError('usage.missing', 'Nothing is said about what to change.', {
    hint: 'turbobackend scale --count 2',
  });
}

function readNumber(typed: Typed, name: string, fits: (value: number) => boolean, example: string): number | undefined {
  const text = textOption(typed, name);
  if (text === undefined) return undefined;
  const value = /^\d{1,6}$/.test(text) ? Number(text) : Number.NaN;
  if (fits(value)) return value;
  throw new TurboError('usage.invalid', `--${name} cannot be ${JSON.stringify(text)}.`, {
    hint: `For example: ${example}`,
  });
}
