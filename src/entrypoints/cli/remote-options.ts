import { type Command, Option } from 'commander';
import { daytonaSettings, deployLogins, flySettings, githubSettings, isBucketName, s3Settings } from '../../config.ts';
import type { DeployLogins } from '../../domain/deploy-logins.ts';
import { TurboError } from '../../domain/errors.ts';
import {
  exportTokens,
  REMOTE_TITLES,
  type RemoteName,
  type RemotePlan,
  type RemoteWishes,
  TOKEN_VARIABLES,
  wishedRemotes,
} from '../../domain/remote.ts';
import { type Cli, flag, type Typed, textOption } from './command.ts';
import { planText } from './output/remote-text.ts';

const DEFAULT_REGION = 'iad';

/** `--database-url-env` and its like: where a deployment has its database. Names of variables: no secret is typed. */
export function databaseUrlOptions(command: Command): Command {
  return command
    .option('--database-url-env <name>', 'variable with the URL of the database of a deployment')
    .option('--migration-url-env <name>', 'variable with the login that migrates it, when it is another one');
}

/** `--app`, `--region`: how and where a deployment is at Fly.io. */
export function flyOptions(command: Command): Command {
  return databaseUrlOptions(
    command
      .option('--app <name>', 'name of the app at Fly.io (default: from the project)')
      .option('--region <code>', 'region of Fly.io, like fra (default: FLY_REGION, or iad)'),
  );
}

/** All that `create` may be told about remotes. */
export function remoteOptions(command: Command): Command {
  command
    .addOption(
      new Option('--workspace <place>', 'also install, build and try it in a sandbox').choices(['local', 'daytona']),
    )
    .addOption(new Option('--target <place>', 'also deploy it, and prove it there').choices(['local', 'fly']))
    .option('--github [owner/name]', 'also push the code to a repository, which is made')
    .option('--public', 'everybody may see the repository')
    .option('--s3 [bucket]', 'also keep the files in a bucket (default: TURBOBACKEND_S3_BUCKET)')
    .option('--keep-sandbox', 'leave the sandbox when all went well');
  return flyOptions(command);
}

/** What was wished of remotes; null when nothing was. Throws `usage.invalid`, `usage.missing`, `config.invalid`. */
export function remoteWishes(cli: Cli, typed: Typed): RemoteWishes | null {
  const { github, s3 } = typed.options;
  const wishes: RemoteWishes = {
    ...(textOption(typed, 'workspace') === 'daytona' ? { daytona: { keep: flag(typed, 'keepSandbox') } } : {}),
    ...(textOption(typed, 'target') === 'fly' ? { fly: flyWish(cli, typed) } : {}),
    ...(github === undefined ? {} : { github: repositoryWish(github, flag(typed, 'public')) }),
    ...(s3 === undefined ? {} : { s3: { bucket: bucketWish(cli, s3, typed) } }),
  };
  return wishedRemotes(wishes).length === 0 ? null : wishes;
}

/** The app that is meant. Throws `usage.invalid` for names that Fly.io does not take. */
export function flyWish(cli: Cli, typed: Typed): NonNullable<RemoteWishes['fly']> {
  const app = textOption(typed, 'app') ?? null;
  if (app !== null && !/^[a-z0-9][a-z0-9-]{0,61}[a-z0-9]$/.test(app)) {
    throw new TurboError('usage.invalid', `${JSON.stringify(app)} is not the name of an app.`, {
      hint: 'Use 2 to 63 of a-z, 0-9 and -, for example: --app my-blog',
    });
  }
  const region = textOption(typed, 'region') ?? flySettings(cli.config.remotes)?.region ?? DEFAULT_REGION;
  if (!/^[a-z]{3}$/.test(region)) {
    throw new TurboError('usage.invalid', `${JSON.stringify(region)} is not a region of Fly.io.`, {
      hint: 'Give its code of three letters, for example: --region fra',
    });
  }
  return { app, region };
}

/** `owner/name`, `name`, or nothing at all behind `--github`. */
export function repositoryWish(value: unknown, isPublic: boolean): NonNullable<RemoteWishes['github']> {
  if (typeof value !== 'string') return { owner: null, name: null, isPublic };
  const [, owner, name] = /^(?:([A-Za-z0-9](?:[A-Za-z0-9-]{0,37}[A-Za-z0-9])?)\/)?([\w.-]{1,100})$/.exec(value) ?? [];
  if (name !== undefined && name !== '.' && name !== '..') return { owner: owner ?? null, name, isPublic };
  throw new TurboError('usage.invalid', `${JSON.stringify(value)} is not the name of a repository.`, {
    hint: 'For example: --github my-name/my-blog',
  });
}

function bucketWish(cli: Cli, value: unknown, typed: Typed): string {
  const bucket = typeof value === 'string' ? value : s3Settings(cli.config.remotes)?.bucket;
  if (!bucket) throw noBucket(unsetTokens(cli, typed));
  if (isBucketName(bucket)) return bucket;
  throw new TurboError('usage.invalid', `${JSON.stringify(bucket)} is not the name of a bucket.`, {
    hint: 'Use 3 to 63 of a-z, 0-9, - and .',
  });
}

/** Everything that is missing is named at once: nobody should have to come back for the next one. */
function noBucket(unset: readonly RemoteName[]): TurboError {
  const lines = unset.map((remote) => `\n  ${REMOTE_TITLES[remote]}: ${TOKEN_VARIABLES[remote].join(' and ')} not set`);
  const tokens = unset.length === 0 ? '' : `; before the same command: ${exportTokens(unset)}`;
  return new TurboError('usage.missing', `Nobody says which bucket.${lines.join('')}`, {
    hint: `Name it, --s3 <bucket>, or set TURBOBACKEND_S3_BUCKET${tokens}`,
  });
}

/** The remotes that are wished and have no token. */
function unsetTokens(cli: Cli, typed: Typed): readonly RemoteName[] {
  const { remotes: said } = cli.config;
  return [
    ...(textOption(typed, 'workspace') === 'daytona' && !daytonaSettings(said) ? (['daytona'] as const) : []),
    ...(textOption(typed, 'target') === 'fly' && !flySettings(said) ? (['fly'] as const) : []),
    ...(typed.options.github !== undefined && !githubSettings(said) ? (['github'] as const) : []),
    ...(s3Settings(said) ? [] : (['s3'] as const)),
  ];
}

/** The logins of a deployment's database that the environment gives; null when it gives none. */
export function givenDatabase(cli: Cli, typed: Typed): DeployLogins | null {
  const named = { app: textOption(typed, 'databaseUrlEnv'), migrations: textOption(typed, 'migrationUrlEnv') };
  return deployLogins(cli.config.variable, named, cli.cwd);
}

/** Shows a plan and asks for consent, which `--yes` gives beforehand. Throws `confirm.needed`. */
export async function consentTo(plan: RemotePlan, cli: Cli, typed: Typed): Promise<void> {
  for (const line of planText(plan)) cli.output.progress({ kind: 'note', message: line });
  if (flag(typed, 'yes')) return;
  const refusal = (message: string) =>
    new TurboError('confirm.needed', message, { hint: 'Add --yes to do it.', details: { plan } });
  if (!cli.ask.canAsk) throw refusal('This makes things at other places, and nobody can be asked here.');
  if (!(await cli.ask.yesOrNo('Do this?', false))) throw refusal('Nothing was made.');
}
