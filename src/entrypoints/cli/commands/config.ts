import { checkSetting, openSettings, SETTINGS, type SettingName, settingNames } from '../../../config.ts';
import { TurboError } from '../../../domain/errors.ts';
import { type Cli, type CliCommand, type Typed, textOption } from '../command.ts';
import type { Outcome } from '../output/output.ts';

export const configCommand: CliCommand = {
  mendsSettings: true,
  define(program) {
    const group = program
      .command('config')
      .summary('saved settings')
      .description('Saved settings. Secrets are not among them: give those in the environment.');
    group.command('list').description('all settings and what they are for');
    group.command('get').description('print one').argument('<name>');
    group.command('set').description('save one').argument('<name>').argument('<value>');
    group.command('unset').description('forget one').argument('<name>');
    return group;
  },

  async run(cli, typed) {
    const settings = await openSettings(cli.config.home);
    const subcommand = textOption(typed, 'subcommand');
    if (subcommand === 'list') return list(cli, settings.all());
    const name = settingName(typed);
    if (subcommand === 'set') {
      const value = typed.args[1] ?? '';
      checkSetting(name, value);
      settings.set(name, value);
    }
    if (subcommand === 'unset') settings.unset(name);
    const value = settings.all()[name] ?? null;
    return {
      data: { name, value },
      text: () => (subcommand === 'get' ? (value ?? '') : `${name} ${value === null ? 'is not set' : `= ${value}`}`),
    };
  },
};

function list(cli: Cli, saved: Partial<Record<SettingName, string>>): Outcome {
  const { home, cluster, metadataSchema } = cli.config;
  const settings = settingNames.map((name) => ({ name, value: saved[name] ?? null, description: SETTINGS[name] }));
  return {
    data: { home, cluster: cluster.kind, metadataSchema, settings },
    text: (style) =>
      [
        `home     ${home}`,
        `cluster  ${cluster.kind}`,
        ...settings.map(
          ({ name, value, description }) => `${style.bold(name)} = ${value ?? '(not set)'}  ${style.dim(description)}`,
        ),
      ].join('\n'),
  };
}

function settingName(typed: Typed): SettingName {
  const name = typed.args[0] ?? '';
  const known = settingNames.find((candidate) => candidate === name);
  if (known) return known;
  throw new TurboError('usage.invalid', `There is no setting ${JSON.stringify(name)}.`, {
    hint: 'turbobackend config list',
  });
}
