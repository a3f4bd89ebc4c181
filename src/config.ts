import { existsSync, readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseEnv } from 'node:util';
import envPaths from 'env-paths';
import { type ClusterConfig, clusterConfig, type Environment } from './config/cluster-settings.ts';
import { checkedHome } from './config/home.ts';
import { type ModelFlags, type ModelSettings, modelSettings } from './config/model-settings.ts';
import { type NetworkSettings, networkSettings } from './config/network-settings.ts';
import { type RemoteSettings, remoteSettings } from './config/remote-settings.ts';
import { checkedSettings } from './config/saved-settings.ts';
import { type Limits, limitsOf, schemaName, versionLimitsOf } from './config/settings.ts';
import type { VersionLimits } from './domain/version.ts';

export { deployLogins } from './config/deploy-database.ts';
export { chooseModels, type ModelFlags, type ModelService } from './config/model-settings.ts';
export { chooseNetwork } from './config/network-settings.ts';
export {
  daytonaSettings,
  flySettings,
  githubSettings,
  isBucketName,
  s3Settings,
} from './config/remote-settings.ts';
export { openSettings, tightenSettings } from './config/saved-settings.ts';
export { checkSetting, type Limits, SETTINGS, type SettingName, settingNames } from './config/settings.ts';

/**
 * The only reader of the environment, of `.env` and of saved settings. What others see is this frozen value.
 * Precedence: environment, then `.env` of the current folder (only the names of `FROM_DOTENV`), then saved settings.
 */
export interface Config {
  /** Everything turbobackend keeps on this machine; TURBOBACKEND_HOME or the platform's data folder. */
  readonly home: string;
  readonly cluster: ClusterConfig;
  readonly metadataDatabase: string;
  readonly metadataSchema: string;
  readonly limits: Limits;
  readonly versionLimits: VersionLimits;
  /** What is said about models, for `chooseModels`; it holds their keys. */
  readonly models: ModelSettings;
  /** What is said about remotes, for `flySettings` and its like; it holds tokens. */
  readonly remotes: RemoteSettings;
  /** What is said about proxies and authorities, for `chooseNetwork`; it may hold a login. */
  readonly network: NetworkSettings;
  /** A variable whose name somebody gave; its value may be a secret. */
  readonly variable: (name: string) => string | undefined;
  /** TURBOBACKEND_MASTER_KEY; otherwise a key file in `home`. */
  readonly masterKey: string | undefined;
  /** TURBOBACKEND_MASTER_KEY_NEXT: seals from now on; the other key, or the file, only opens. */
  readonly nextMasterKey: string | undefined;
  readonly owner: string;
  /** True in CI, where nobody can answer a question. */
  readonly ci: boolean;
  /** What a server we start may know of this machine: a short list of names, none of them a secret. */
  readonly serverEnvironment: Readonly<Record<string, string>>;
  /** What a program may know that goes out of this network: the same, and the way out. */
  readonly outsideEnvironment: Readonly<Record<string, string>>;
  /** What git may know: all that, and where the person keeps their settings of git. */
  readonly gitEnvironment: Readonly<Record<string, string>>;
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
  'DB_CLUSTER_SSLROOTCERT',
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

/** Reads everything that configures a run. Throws `config.invalid` naming the setting, and `workspace.unwritable`. */
export function loadConfig(
  cwd = process.cwd(),
  environment: Environment = process.env,
  options: { readonly withoutSaved?: boolean; readonly model?: ModelFlags } = {},
): Config {
  const env: Environment = { ...readDotenv(cwd), ...withoutEmpty(environment) };
  const home = checkedHome(
    env.TURBOBACKEND_HOME ? resolve(cwd, env.TURBOBACKEND_HOME) : envPaths('turbobackend', { suffix: '' }).data,
  );
  // The command that mends settings must work whatever they are.
  const saved = options.withoutSaved ? {} : checkedSettings(home);
  return Object.freeze({
    home,
    cluster: clusterConfig(env, saved, cwd),
    metadataDatabase: 'turbobackend_meta',
    metadataSchema: schemaName(env.PG_DB_SCHEMA ?? saved['metadata.schema'] ?? 'turbobackend', 'PG_DB_SCHEMA'),
    limits: limitsOf(saved),
    versionLimits: versionLimitsOf(saved),
    models: modelSettings(env, saved, options.model ?? {}),
    remotes: remoteSettings(env),
    network: networkSettings(env),
    variable: (name: string) => env[name],
    masterKey: env.TURBOBACKEND_MASTER_KEY,
    nextMasterKey: env.TURBOBACKEND_MASTER_KEY_NEXT,
    owner: saved.owner ?? userName(),
    serverEnvironment: pick(environment, HARMLESS),
    outsideEnvironment: pick(environment, [...HARMLESS, ...OF_NETWORK]),
    gitEnvironment: pick(environment, [...HARMLESS, ...OF_NETWORK, ...OF_GIT]),
    ci: env.CI !== undefined && env.CI !== 'false',
    color: env.NO_COLOR === undefined && env.TERM !== 'dumb',
    command: commandName(env),
    version: packageVersion(),
    packageRoot,
  });
}

const HARMLESS = ['PATH', 'HOME', 'LANG', 'LC_ALL', 'TZ', 'TMPDIR', 'SYSTEMROOT'];

/** The way out of a network, and whom to trust there. */
const OF_NETWORK = [
  ...['HTTP_PROXY', 'http_proxy', 'HTTPS_PROXY', 'https_proxy', 'ALL_PROXY', 'all_proxy', 'NO_PROXY', 'no_proxy'],
  ...['SSL_CERT_FILE', 'SSL_CERT_DIR'],
];

/** Never GIT_DIR and its like: they would lead into another repository, for example inside a hook. */
const OF_GIT = [
  'XDG_CONFIG_HOME',
  ...['GIT_CONFIG_GLOBAL', 'GIT_CONFIG_SYSTEM', 'GIT_CONFIG_NOSYSTEM', 'GIT_CEILING_DIRECTORIES'],
  ...['GIT_SSL_CAINFO', 'GIT_SSL_CAPATH'],
  ...['GIT_AUTHOR_NAME', 'GIT_AUTHOR_EMAIL', 'GIT_COMMITTER_NAME', 'GIT_COMMITTER_EMAIL'],
];

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

/** `turbobackend` when installed, `npx turbobackend` under npx, else the very file that runs. */
export function commandName(env: Environment = process.env): string {
  const script = process.argv[1] ?? '';
  if (env.npm_command === 'exec') return 'npx turbobackend';
  if (script.endsWith('.js')) return `node ${script.includes(' ') ? JSON.stringify(script) : script}`;
  return 'turbobackend';
}
