import type { Environment } from './cluster-settings.ts';
import { invalidSetting } from './setting-values.ts';

/** Everything said about remotes, unread: what is wrong with it matters only to who uses one. It holds tokens. */
export type RemoteSettings = Readonly<Partial<Record<(typeof NAMES)[number], string | undefined>>>;

const NAMES = [
  'FLY_API_TOKEN',
  'FLY_ACCESS_TOKEN',
  'FLY_ORG',
  'FLY_REGION',
  'FLY_FLAPS_BASE_URL',
  'TURBOBACKEND_FLY_APP_URL',
  'TURBOBACKEND_FLYCTL',
  'DAYTONA_API_KEY',
  'DAYTONA_API_URL',
  'DAYTONA_TARGET',
  'DAYTONA_ORGANIZATION_ID',
  'GITHUB_TOKEN',
  'GH_TOKEN',
  'GITHUB_API_URL',
  'GITHUB_SERVER_URL',
  'AWS_ACCESS_KEY_ID',
  'AWS_SECRET_ACCESS_KEY',
  'AWS_SESSION_TOKEN',
  'AWS_REGION',
  'AWS_DEFAULT_REGION',
  'AWS_ENDPOINT_URL_S3',
  'AWS_ENDPOINT_URL',
  'TURBOBACKEND_S3_BUCKET',
] as const;

/** Fly.io as it is configured. */
export interface FlySettings {
  readonly token: string;
  /** Slug of the organisation. */
  readonly organization: string;
  /** Null: nobody said. */
  readonly region: string | null;
  /** Of the Machines API, without `/v1`. */
  readonly baseUrl: string;
  /** Where an app answers; `{app}` stands for its name. */
  readonly appUrl: string;
  /** Images are to be built by the flyctl on PATH. */
  readonly withFlyctl: boolean;
}

/** Daytona as it is configured. */
export interface DaytonaSettings {
  readonly apiKey: string;
  readonly apiUrl: string;
  /** Region; null: the organisation's own. */
  readonly target: string | null;
  readonly organizationId: string | null;
}

/** GitHub as it is configured. */
export interface GithubSettings {
  readonly token: string;
  readonly apiUrl: string;
  /** Where repositories are pushed to. */
  readonly serverUrl: string;
}

/** An S3-compatible store as it is configured. */
export interface S3Settings {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string | null;
  readonly region: string;
  /** Null: Amazon's own of the region. */
  readonly endpoint: string | null;
  /** Null: nobody said. */
  readonly bucket: string | null;
}

/** Gathers what the environment says about remotes. */
export function remoteSettings(env: Environment): RemoteSettings {
  return Object.fromEntries(NAMES.map((name) => [name, env[name]]));
}

/** Null without a token. Throws `config.invalid` naming what cannot be used. */
export function flySettings(said: RemoteSettings): FlySettings | null {
  const token = tokenOf(said, ['FLY_API_TOKEN', 'FLY_ACCESS_TOKEN']);
  if (token === null) return null;
  return {
    token,
    organization: plainWord(said, 'FLY_ORG', 'the slug of an organisation') ?? 'personal',
    region: plainWord(said, 'FLY_REGION', 'the code of a region, like fra'),
    baseUrl: address(said, 'FLY_FLAPS_BASE_URL') ?? 'https://api.machines.dev',
    appUrl: address(said, 'TURBOBACKEND_FLY_APP_URL') ?? 'https://{app}.fly.dev',
    withFlyctl: isTrue(said, 'TURBOBACKEND_FLYCTL'),
  };
}

function isTrue(said: RemoteSettings, name: keyof RemoteSettings): boolean {
  const value = said[name] ?? 'no';
  if (['1', 'true', 'yes'].includes(value)) return true;
  if (['0', 'false', 'no'].includes(value)) return false;
  throw invalidSetting(name, 'yes or no');
}

/** Null without a key. Throws `config.invalid` naming what cannot be used. */
export function daytonaSettings(said: RemoteSettings): DaytonaSettings | null {
  const apiKey = tokenOf(said, ['DAYTONA_API_KEY']);
  if (apiKey === null) return null;
  return {
    apiKey,
    apiUrl: address(said, 'DAYTONA_API_URL') ?? 'https://app.daytona.io/api',
    target: plainWord(said, 'DAYTONA_TARGET', 'a region, like eu'),
    organizationId: plainWord(said, 'DAYTONA_ORGANIZATION_ID', 'the id of an organisation'),
  };
}

/** Null without a token. Throws `config.invalid` naming what cannot be used. */
export function githubSettings(said: RemoteSettings): GithubSettings | null {
  const token = tokenOf(said, ['GITHUB_TOKEN', 'GH_TOKEN']);
  if (token === null) return null;
  return {
    token,
    apiUrl: address(said, 'GITHUB_API_URL') ?? 'https://api.github.com',
    serverUrl: address(said, 'GITHUB_SERVER_URL') ?? 'https://github.com',
  };
}

/** Null without keys. Throws `config.invalid` naming what cannot be used. */
export function s3Settings(said: RemoteSettings): S3Settings | null {
  const accessKeyId = tokenOf(said, ['AWS_ACCESS_KEY_ID']);
  const secretAccessKey = tokenOf(said, ['AWS_SECRET_ACCESS_KEY']);
  if (accessKeyId === null || secretAccessKey === null) return null;
  const { AWS_REGION, AWS_DEFAULT_REGION } = said;
  const regionName = AWS_REGION === undefined && AWS_DEFAULT_REGION !== undefined ? 'AWS_DEFAULT_REGION' : 'AWS_REGION';
  return {
    accessKeyId,
    secretAccessKey,
    sessionToken: tokenOf(said, ['AWS_SESSION_TOKEN']),
    region: plainWord(said, regionName, 'a region, like eu-central-1') ?? 'us-east-1',
    endpoint: address(said, 'AWS_ENDPOINT_URL_S3') ?? address(said, 'AWS_ENDPOINT_URL'),
    bucket: said.TURBOBACKEND_S3_BUCKET === undefined ? null : checkedBucket(said.TURBOBACKEND_S3_BUCKET),
  };
}

function checkedBucket(name: string): string {
  if (isBucketName(name)) return name;
  throw invalidSetting('TURBOBACKEND_S3_BUCKET', 'the name of a bucket: 3 to 63 of a-z, 0-9, - and .');
}

/** A name that every S3-compatible store takes for a bucket. */
export function isBucketName(name: string): boolean {
  return /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(name) && !name.includes('..');
}

/** What is no header would end a request with a message that repeats it. */
function tokenOf(said: RemoteSettings, names: readonly (keyof RemoteSettings)[]): string | null {
  const name = names.find((candidate) => said[candidate] !== undefined);
  const token = name === undefined ? undefined : said[name]?.trim();
  if (name === undefined || token === undefined || token === '') return null;
  if (/^[\x21-\x7e]+( [\x21-\x7e]+)*$/.test(token)) return token;
  throw invalidSetting(name, 'a token: it has characters that no token has');
}

function plainWord(said: RemoteSettings, name: keyof RemoteSettings, wanted: string): string | null {
  const value = said[name];
  if (value === undefined) return null;
  if (/^[A-Za-z0-9][\w-]{0,62}$/.test(value)) return value;
  throw invalidSetting(name, wanted);
}

const APP = '{app}';
const STANDS_FOR_APP = 'app-by-its-name';

/** `https://…` without login, query and slash at the end; `http` only to this machine, since a token goes there. */
function address(said: RemoteSettings, name: keyof RemoteSettings): string | null {
  const value = said[name];
  if (value === undefined) return null;
  const plain = value.replaceAll(APP, STANDS_FOR_APP);
  const url = URL.canParse(plain) ? new URL(plain) : null;
  const isSafe = url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback(url.hostname));
  if (!url || !isSafe || url.username || url.password || url.search || url.hash) {
    throw invalidSetting(name, 'an address like https://host (http only for this machine: a token is sent there)');
  }
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}`.replaceAll(STANDS_FOR_APP, APP);
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(host);
}
