import { chmodSync, existsSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { userInfo } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseEnv } from 'node:util';
import envPaths from 'env-paths';
import type { Login } from './domain/database.ts';
import { TurboError } from './domain/errors.ts';

/**
 * The only reader of the environment, of `.env` and of saved settings. What others see is this frozen value.
 * Precedence: environment, then `.env` of the current folder (only the names of `FROM_DOTENV`), then saved settings.
 */
export interface Config {
  /** Everything turbobackend keeps on this machine; TURBOBACKEND_HOME or the platform's data folder. */
  readonly home: string;
  readonly cluster:
    | { readonly kind: 'embedded'; readonly port: number | undefined }
    | { readonly kind: 'external'; readonly login: Login };
  readonly metadataDatabase: string;
  readonly metadataSchema: string;
  /** TURBOBACKEND_MASTER_KEY; otherwise a key file in `home`. */
  readonly masterKey: string | undefined;
  readonly owner: string;
  /** True in CI, where nobody can answer a question. */
  readonly ci: boolean;
  /** What a server we start may know of this machine: a short list of names, none of them a secret. */
  readonly serverEnvironment: Readonly<Record<string, string>>;
  readonly color: boolean;
  /** How people call this program here, for the commands we tell them to type. */
  readonly command: string;
  readonly version: string;
  /** Folder of turbobackend itself: templates, node_modules, dist. */
  readonly packageRoot: string;
}

const FROM_DOTENV = [
  'DB_ADMIN_URL',
  'DB_CLUSTER_HOST',
  'DB_CLUSTER_PORT',
  'DB_CLUSTER_USER',
  'DB_CLUSTER_PASSWORD',
  'DB_CLUSTER_SSLMODE',
];

/**
 * Takes PGHOST, PGOPTIONS and their like out of this process: node-postgres obeys them silently, and what somebody set
 * for psql must not bend our connections. Ours are told everything explicitly.
 */
export function ignorePostgresEnvironment(environment: NodeJS.ProcessEnv = process.env): void {
  for (const name of Object.keys(environment)) {
    if (name.startsWith('PG') && name !== 'PG_DB_SCHEMA') delete environment[name];
  }
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Settings people may save with `turbobackend config set`. Secrets are not among them: they stay in the environment. */
export const SETTINGS = {
  'cluster.port': 'Port of the embedded PostgreSQL (default: a free one, then always the same).',
  'metadata.schema': 'Schema of the metadata tables (default: turbobackend).',
  owner: 'Name recorded as the owner of new projects (default: your user name).',
} as const;
export type SettingName = keyof typeof SETTINGS;
export const settingNames = Object.keys(SETTINGS).filter((name): name is SettingName => Object.hasOwn(SETTINGS, name));

const packageRoot = findPackageRoot(dirname(fileURLToPath(import.meta.url)));

function findPackageRoot(from: string): string {
  if (existsSync(join(from, 'package.json')) && existsSync(join(from, 'templates'))) return from;
  const parent = dirname(from);
  if (parent === from) throw new Error('turbobackend is not installed completely: package.json not found');
  return findPackageRoot(parent);
}

export function packageVersion(): string {
  const content: unknown = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8'));
  return typeof content === 'object' && content !== null && 'version' in content ? String(content.version) : '0';
}

/** Reads everything that configures a run. Throws `config.invalid` naming the setting. */
export function loadConfig(
  cwd = process.cwd(),
  environment: Environment = process.env,
  options: { readonly withoutSaved?: boolean } = {},
): Config {
  const env: Environment = { ...readDotenv(cwd), ...withoutEmpty(environment) };
  const home = env.TURBOBACKEND_HOME
    ? resolve(cwd, env.TURBOBACKEND_HOME)
    : envPaths('turbobackend', { suffix: '' }).data;
  // The command that mends settings must work whatever they are.
  const saved = options.withoutSaved ? {} : checkedSettings(home);
  return Object.freeze({
    home,
    cluster: clusterConfig(env, saved),
    metadataDatabase: 'turbobackend_meta',
    metadataSchema: schemaName(env.PG_DB_SCHEMA ?? saved['metadata.schema'] ?? 'turbobackend', 'PG_DB_SCHEMA'),
    masterKey: env.TURBOBACKEND_MASTER_KEY,
    owner: saved.owner ?? userName(),
    serverEnvironment: pick(environment, ['PATH', 'HOME', 'LANG', 'LC_ALL', 'TZ', 'TMPDIR', 'SYSTEMROOT']),
    ci: env.CI !== undefined && env.CI !== 'false',
    color: env.NO_COLOR === undefined && env.TERM !== 'dumb',
    command: commandName(env),
    version: packageVersion(),
    packageRoot,
  });
}

function pick(environment: Environment, names: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = environment[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

function withoutEmpty(environment: Environment): Environment {
  return Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== undefined && value !== ''));
}

function readDotenv(cwd: string): Environment {
  try {
    const values: Environment = parseEnv(readFileSync(join(cwd, '.env'), 'utf8'));
    return Object.fromEntries(Object.entries(values).filter(([name]) => FROM_DOTENV.includes(name)));
  } catch {
    return {};
  }
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // A uid without an entry in the user database, as containers have them.
    return `uid-${process.getuid?.() ?? 0}`;
  }
}

function schemaName(name: string, setting: string): string {
  if (/^[a-z][a-z0-9_]{0,40}$/.test(name) && !name.startsWith('pg_')) return name;
  throw invalid(setting, 'a lower-case name of letters, digits and _');
}

function invalid(setting: string, wanted: string): TurboError {
  return new TurboError('config.invalid', `${setting} is not ${wanted}.`, {
    hint: Object.hasOwn(SETTINGS, setting)
      ? `turbobackend config unset ${setting}`
      : `Correct ${setting} in the environment, or in the .env of this folder.`,
  });
}

function portNumber(value: string, setting: string): number {
  const port = Number(value);
  if (Number.isInteger(port) && port >= 1 && port <= 65535) return port;
  throw invalid(setting, 'a port number from 1 to 65535');
}

const SSL_MODES = ['disable', 'require', 'verify-full'] as const;

function sslMode(value: string): (typeof SSL_MODES)[number] {
  const mode = SSL_MODES.find((known) => known === value);
  if (mode) return mode;
  throw invalid('sslmode', `one of ${SSL_MODES.join(', ')}`);
}

function clusterConfig(env: Environment, saved: Settings): Config['cluster'] {
  if (env.DB_ADMIN_URL) return { kind: 'external', login: parseAdminUrl(env.DB_ADMIN_URL) };
  if (env.DB_CLUSTER_HOST) {
    return {
      kind: 'external',
      login: {
        host: env.DB_CLUSTER_HOST,
        port: portNumber(env.DB_CLUSTER_PORT ?? '5432', 'DB_CLUSTER_PORT'),
        database: 'postgres',
        user: env.DB_CLUSTER_USER ?? 'postgres',
        password: env.DB_CLUSTER_PASSWORD ?? '',
        ...(env.DB_CLUSTER_SSLMODE ? { sslmode: sslMode(env.DB_CLUSTER_SSLMODE) } : {}),
      },
    };
  }
  const port = saved['cluster.port'];
  return { kind: 'embedded', port: port === undefined ? undefined : portNumber(port, 'cluster.port') };
}

/** The URL is never repeated in an error: it holds a password. */
function parseAdminUrl(text: string): Login {
  const wanted = 'a URL like postgres://user:password@host:5432/postgres';
  if (!URL.canParse(text)) throw invalid('DB_ADMIN_URL', wanted);
  const url = new URL(text);
  if (!['postgres:', 'postgresql:'].includes(url.protocol) || url.hostname === '')
    throw invalid('DB_ADMIN_URL', wanted);
  const mode = url.searchParams.get('sslmode');
  return {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? 5432 : Number(url.port),
    database: decodeURIComponent(url.pathname.slice(1)) || 'postgres',
    user: decodeURIComponent(url.username) || 'postgres',
    password: decodeURIComponent(url.password),
    ...(mode ? { sslmode: sslMode(mode) } : {}),
  };
}

/** `turbobackend` when installed, `npx turbobackend` under npx, else the very file that runs. */
export function commandName(env: Environment = process.env): string {
  const script = process.argv[1] ?? '';
  if (env.npm_command === 'exec') return 'npx turbobackend';
  if (script.endsWith('.js')) return `node ${script.includes(' ') ? JSON.stringify(script) : script}`;
  return 'turbobackend';
}

type Settings = Partial<Record<SettingName, string>>;

/** Checks a value for a setting. Throws `config.invalid` naming it. */
export function checkSetting(name: SettingName, value: string): void {
  switch (name) {
    case 'cluster.port':
      portNumber(value, name);
      return;
    case 'metadata.schema':
      schemaName(value, name);
      return;
    case 'owner':
      if (!/^[\p{L}\p{N}][\p{L}\p{N} @._-]{0,62}$/u.test(value)) throw invalid(name, 'a name of letters and digits');
  }
}

function checkedSettings(home: string): Settings {
  const saved = readSettings(home);
  for (const name of settingNames) {
    const value = saved[name];
    if (value !== undefined) checkSetting(name, value);
  }
  return saved;
}

const settingsFile = (home: string) => join(home, 'config.json');

function readSettings(home: string): Settings {
  const file = settingsFile(home);
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    if (!existsSync(file)) return {};
    throw settingsFault(file, error);
  }
  if (typeof content !== 'object' || content === null) return {};
  const known = Object.entries(content).filter(
    ([name, value]) => Object.hasOwn(SETTINGS, name) && ['string', 'number'].includes(typeof value),
  );
  return Object.fromEntries(known.map(([name, value]) => [name, String(value)]));
}

/** A file the system refuses is not the same as one that holds nonsense, which only its owner can correct. */
function settingsFault(file: string, cause: unknown): TurboError {
  if (cause instanceof Error && 'code' in cause) {
    const code = ['ENOSPC', 'EDQUOT'].includes(String(cause.code)) ? 'workspace.full' : 'workspace.unwritable';
    return new TurboError(code, `The settings in ${file} cannot be used (${cause.code}).`, {
      hint: 'Set TURBOBACKEND_HOME to a folder you may read and write, with room in it.',
      cause,
    });
  }
  return new TurboError('config.invalid', `The settings in ${file} cannot be read.`, {
    hint: `Correct or remove ${file}.`,
    cause,
  });
}

/** Saved settings, through `conf` (0600, atomic). Loaded only by the command that changes them. */
export async function openSettings(home: string): Promise<{
  all(): Settings;
  set(name: SettingName, value: string): void;
  unset(name: SettingName): void;
  readonly path: string;
}> {
  const { default: Conf } = await import('conf');
  const guarded = <T>(work: () => T): T => {
    try {
      return work();
    } catch (error) {
      throw settingsFault(settingsFile(home), error);
    }
  };
  const options = { cwd: home, configName: 'config', configFileMode: 0o600, projectName: 'turbobackend' };
  // Made by need: `conf` makes the folder when it is opened, and whoever only looks makes nothing.
  const open = () => {
    mkdirSync(home, { recursive: true, mode: 0o700 });
    return new Conf<Settings>({ ...options, accessPropertiesByDotNotation: false });
  };
  return {
    all: () => readSettings(home),
    set: (name, value) => guarded(() => open().set(name, value)),
    unset: (name) => guarded(() => open().delete(name)),
    path: settingsFile(home),
  };
}

/** Closes a settings file that others may read; tells whether it was open. */
export function tightenSettings(home: string): boolean {
  const file = settingsFile(home);
  try {
    if (process.platform === 'win32' || (statSync(file).mode & 0o077) === 0) return false;
    chmodSync(file, 0o600);
    return true;
  } catch {
    // No settings yet, or not ours to change: reading them will tell.
    return false;
  }
}
