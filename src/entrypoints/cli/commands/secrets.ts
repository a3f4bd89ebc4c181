import { Option } from 'commander';
import { ENVIRONMENTS, type Environment } from '../../../domain/database.ts';
import type { SecretsReport } from '../../../operations/check-secrets.ts';
import type { KeyRotation } from '../../../operations/rotate-key.ts';
import type { Rotated } from '../../../pipeline/rotate-passwords.ts';
import { type Cli, type CliCommand, flag, type Typed, textOption } from '../command.ts';
import type { Outcome, Style } from '../output/output.ts';
import { projectNamed } from '../project.ts';

/** Something does not open: refused by the state things are in. */
const UNREADABLE = 3;

export const secretsCommand: CliCommand = {
  define(program) {
    const group = program
      .command('secrets')
      .summary('passwords and the key that seals them')
      .description('The stored passwords of projects, and the key they are sealed with.');
    group
      .command('rotate')
      .description('give the logins of a project new passwords, in .env and the running server too')
      .argument('[project]', 'name, id or folder')
      .addOption(new Option('--env <environment>', 'whose logins').choices([...ENVIRONMENTS, 'all']).default('dev'))
      .option('--lost-key', 'also when the key of the old passwords is not here any more');
    group.command('rotate-key').description('seal everything with a new key (the old one goes when nothing needs it)');
    group.command('check').description('open every stored secret of your projects; exit 3 when one does not open');
    return group;
  },

  run(cli, typed) {
    switch (textOption(typed, 'subcommand')) {
      case 'rotate':
        return rotate(cli, typed);
      case 'rotate-key':
        return rotateMasterKey(cli);
      default:
        return check(cli);
    }
  },
};

async function rotate(cli: Cli, typed: Typed): Promise<Outcome> {
  const services = await cli.services();
  const project = await projectNamed(typed.args[0], cli.cwd, services);
  const envs = environments(textOption(typed, 'env'));
  const { rotatePasswords } = await import('../../../pipeline/rotate-passwords.ts');
  const records = await services.state.listDatabases(project.id);
  if (records.some(({ env }) => env === 'prod' && (envs === 'all' || envs.includes(env)))) {
    await cli.ask.confirmByTyping(
      `Servers of ${project.name} in production cannot log in until they have the new .env.production.`,
      project.name,
    );
  }
  const rotated = await rotatePasswords(project, envs, services, { replaceUnreadable: flag(typed, 'lostKey') });
  return {
    data: { project: { id: project.id, name: project.name }, rotated },
    text: (style) => rotated.map((one) => describeRotated(one, style)).join('\n'),
  };
}

function environments(typed: string | undefined): readonly Environment[] | 'all' {
  return typed === 'all' ? 'all' : [ENVIRONMENTS.find((env) => env === typed) ?? 'dev'];
}

function describeRotated({ env, database, files, serverReplaced, resumed }: Rotated, style: Style): string {
  const what = resumed ? 'has the new passwords of a change that was cut' : 'has new passwords';
  return [
    `${style.bold(database)} ${what}`,
    `  files     ${files.join(', ')}`,
    `  server    ${serverReplaced ? 'replaced by one that reads them' : env === 'dev' ? 'not running' : 'yours to restart'}`,
  ].join('\n');
}

async function rotateMasterKey(cli: Cli): Promise<Outcome> {
  const services = await cli.services();
  const { rotateKey } = await import('../../../operations/rotate-key.ts');
  const rotation = await rotateKey(services);
  const { nextMasterKey } = cli.config;
  return {
    data: rotation,
    text: (style) => describeKey(rotation, nextMasterKey !== undefined, cli.config.command, style).join('\n'),
  };
}

function describeKey(rotation: KeyRotation, isGiven: boolean, command: string, style: Style): readonly string[] {
  const { resealed, ofOthers, foreign, from, to, retired } = rotation;
  const left = Object.entries(foreign).map(([id, count]) => `${count} sealed with key ${id}`);
  return [
    `${style.bold(`Key ${to}`)} seals from now on; ${resealed} secrets were sealed anew.`,
    ...Object.entries(ofOthers).map(([owner, count]) => `  of them   ${count} of ${owner}, under the same key`),
    ...(retired
      ? [`  old key   ${from.length === 0 ? 'there was none' : `${from.join(', ')} is of no use any more`}`]
      : []),
    ...(retired ? [] : [`  old key   kept: ${left.join(', ')} cannot be opened here (${command} secrets check)`]),
    ...(isGiven
      ? [
          'Next: set TURBOBACKEND_MASTER_KEY to the new key wherever it is used, and unset TURBOBACKEND_MASTER_KEY_NEXT.',
        ]
      : []),
  ];
}

async function check(cli: Cli): Promise<Outcome> {
  const services = await cli.services();
  const { checkSecrets } = await import('../../../operations/check-secrets.ts');
  const report = await checkSecrets(services);
  return {
    data: report,
    text: (style) => describeReport(report, cli.config.command, style).join('\n'),
    ...(report.unreadable.length === 0 ? {} : { exitCode: UNREADABLE }),
  };
}

function describeReport(
  { readable, keyId, formerKeys, byKey, unreadable, notLookedAt }: SecretsReport,
  command: string,
  style: Style,
): readonly string[] {
  const counts = Object.entries(byKey).map(([id, count]) => `${count} with ${id}`);
  return [
    `${readable} of ${readable + unreadable.length} secrets open${counts.length === 0 ? '' : ` (${counts.join(', ')})`}; ${keyInUse(keyId, formerKeys)}.`,
    ...notLookedAt.map(
      ({ owner, count, keyId: id }) =>
        `  Not looked at: ${count} of ${owner ?? 'a project that is gone'}, sealed with ${id === null ? 'no key' : `key ${id}`}.`,
    ),
    ...unreadable.map(
      ({ project, projectId, env, problem }) => `${style.red('✖')} ${project} ${projectId} ${env}: ${problem}`,
    ),
    ...(unreadable.length === 0
      ? []
      : [
          `  → with the right key they open; when it is lost: ${command} secrets rotate <project> --env <env> --lost-key`,
        ]),
  ];
}

function keyInUse(keyId: string | null, formerKeys: readonly string[]): string {
  if (keyId !== null) return `key ${keyId} seals`;
  return formerKeys.length === 0
    ? 'there is no key yet'
    : `no key seals: that in use is gone, and ${formerKeys.join(', ')} only opens`;
}
