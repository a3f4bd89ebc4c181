import { Option } from 'commander';
import { ENVIRONMENTS, type Environment } from '../../domain/database.ts';
import { TurboError } from '../../domain/errors.ts';
import { FRAMEWORKS, type Framework } from '../../domain/framework.ts';
import { PROFILES, type Profile } from '../../domain/verification.ts';
import { type Typed, textOption } from './command.ts';

/** `--env dev|staging|prod`: which of a project's databases is meant. */
export function environmentOption(): Option {
  return new Option('--env <environment>', 'which database').choices([...ENVIRONMENTS]).default('dev');
}

export function environmentOf(typed: Typed): Environment {
  return ENVIRONMENTS.find((env) => env === textOption(typed, 'env')) ?? 'dev';
}

/** `--env prod` as it is typed behind a command; nothing for `dev`, which is meant anyway. */
export function environmentFlag(env: Environment): string {
  return env === 'dev' ? '' : ` --env ${env}`;
}

/** `--confirm <name>`: consent of scripts to what `--yes` is not enough for. */
export function confirmOption(): Option {
  return new Option('--confirm <name>', 'consent without a question, also where --yes is not enough');
}

/** `--profile quick|full`: how much is tried. */
export function profileOption(): Option {
  return new Option('--profile <profile>', 'a few seconds, or everything').choices([...PROFILES]).default('full');
}

export function profileOf(typed: Typed): Profile {
  return PROFILES.find((profile) => profile === textOption(typed, 'profile')) ?? 'full';
}

/** `--verify quick|full|none`: what `create` ends with. */
export function verifyOption(): Option {
  return new Option('--verify <profile>', 'how much is tried in the end')
    .choices([...PROFILES, 'none'])
    .default('quick');
}

export function verifyOf(typed: Typed): Profile | 'none' {
  const wanted = textOption(typed, 'verify');
  return wanted === 'none' ? 'none' : (PROFILES.find((profile) => profile === wanted) ?? 'quick');
}

/** `--database yes|no`: the person's word against detection. */
export function databaseOption(): Option {
  return new Option('--database <yes|no>', 'overrule the detection').choices(['yes', 'no']);
}

export function parseDatabaseOption(value: string | undefined): boolean | undefined {
  return value === undefined ? undefined : value === 'yes';
}

/** Throws `usage.invalid` for anything but a port an ordinary user may open. */
export function parsePort(value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  const port = Number(value);
  if (/^\d+$/.test(value) && port >= 1024 && port <= 65535) return port;
  throw new TurboError('usage.invalid', `${JSON.stringify(value)} is not a port.`, {
    hint: 'Give a number from 1024 to 65535: --port 8080',
  });
}

/** `--framework nitro|hono`: what the server is written for. */
export function frameworkOption(): Option {
  return new Option('--framework <framework>', 'what the server is written for (default: nitro)').choices([
    ...FRAMEWORKS,
  ]);
}

export function frameworkOf(typed: Typed): Framework | undefined {
  return FRAMEWORKS.find((framework) => framework === textOption(typed, 'framework'));
}

/** A count of lines, at least 1. */
export function parseCount(value: string): number {
  const count = Number(value);
  if (/^\d+$/.test(value) && count >= 1 && count <= 1_000_000) return count;
  throw new TurboError('usage.invalid', `${JSON.stringify(value)} is not a number of lines.`, {
    hint: 'For example: -n 100',
  });
}
