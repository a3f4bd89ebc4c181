import type { VersionLimits } from '../domain/version.ts';
import { checkModelSetting } from './model-settings.ts';
import { invalidSetting, wholeNumber } from './setting-values.ts';

/** Settings people may save with `turbobackend config set`. Secrets are not among them: they stay in the environment. */
export const SETTINGS = {
  'cluster.port': 'Port of the embedded PostgreSQL (default: a free one, then always the same).',
  'metadata.schema': 'Schema of the metadata tables (default: turbobackend).',
  owner: 'Name recorded as the owner of new projects (default: your user name).',
  'limits.connections': 'Connections at once that the login of a backend may open, 1 to 90 (default: 20).',
  'limits.statement-timeout': 'Seconds a statement of a backend may take, 1 to 3600 (default: 15).',
  'limits.storage': 'Megabytes the database of a project may grow to, 10 or more (default: no limit).',
  'limits.databases': 'Databases one owner may have, 1 to 100000 (default: 1000).',
  'versions.megabytes': 'Megabytes of rows kept of each project for undo, 0 to 1000000 (default: 1000).',
  'versions.days': 'Days they are kept, 1 to 3650 (default: 30).',
  model: 'Model to ask, as openai/gpt-5.4 or ollama/llama3.1, or planner (default: the provider whose key is there).',
  'model.detect': 'Model for the question whether a database is needed (default: model).',
  'model.design': 'Model for the design of the schema (default: model).',
  'model.write': 'Model that writes endpoints (default: model).',
  'model.url': 'Address of an OpenAI-compatible service, with its /v1 (default: that of the provider).',
  'model.api': 'chat or responses: which of the two APIs is spoken (default: chat).',
  'model.timeout': 'Seconds a model may say nothing, 1 to 600 (default: 60); a call may take five times as long.',
} as const;
export type SettingName = keyof typeof SETTINGS;
export const settingNames = Object.keys(SETTINGS).filter((name): name is SettingName => Object.hasOwn(SETTINGS, name));

/** What is saved, as text; a setting nobody saved is missing. */
export type Settings = Partial<Record<SettingName, string>>;

/** What projects may use of the cluster, unless a project has a limit of its own. */
export interface Limits {
  /** Connections at once of a backend's login (`_app`). */
  readonly connections: number;
  readonly statementTimeoutSeconds: number;
  /** Size a project's database may grow to, in megabytes; null: no limit. */
  readonly storageMb: number | null;
  /** Databases per owner. */
  readonly databases: number;
}

/** Throws `config.invalid` naming the setting. */
export function portNumber(value: string, setting: string): number {
  return wholeNumber(value, setting, 'a port number from 1 to 65535', 1, 65_535);
}

/** A schema name that needs no quotes. Throws `config.invalid` naming the setting. */
export function schemaName(name: string, setting: string): string {
  if (/^[a-z][a-z0-9_]{0,40}$/.test(name) && !name.startsWith('pg_')) return name;
  throw invalidSetting(setting, 'a lower-case name of letters, digits and _');
}

const connections = (value: string) =>
  wholeNumber(value, 'limits.connections', 'a number of connections from 1 to 90', 1, 90);
const seconds = (value: string) =>
  wholeNumber(value, 'limits.statement-timeout', 'a number of seconds from 1 to 3600', 1, 3600);
const databases = (value: string) =>
  wholeNumber(value, 'limits.databases', 'a number of databases from 1 to 100000', 1, 100_000);
// The most is an exabyte: beyond, the number of bytes would no longer be exact.
const megabytes = (value: string) =>
  wholeNumber(value, 'limits.storage', 'a number of megabytes, 10 or more', 10, 1_000_000_000);

const keptMegabytes = (value: string) =>
  wholeNumber(value, 'versions.megabytes', 'a number of megabytes from 0 to 1000000', 0, 1_000_000);
const keptDays = (value: string) => wholeNumber(value, 'versions.days', 'a number of days from 1 to 3650', 1, 3650);

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
      if (!/^[\p{L}\p{N}][\p{L}\p{N} @._-]{0,62}$/u.test(value)) {
        throw invalidSetting(name, 'a name of letters and digits');
      }
      return;
    case 'limits.connections':
      connections(value);
      return;
    case 'limits.statement-timeout':
      seconds(value);
      return;
    case 'limits.storage':
      megabytes(value);
      return;
    case 'limits.databases':
      databases(value);
      return;
    case 'versions.megabytes':
      keptMegabytes(value);
      return;
    case 'versions.days':
      keptDays(value);
      return;
    default:
      checkModelSetting(name, value);
  }
}

/** The saved limits, with the defaults for what nobody saved. Throws `config.invalid`. */
export function limitsOf(saved: Settings): Limits {
  const storage = saved['limits.storage'];
  return Object.freeze({
    connections: connections(saved['limits.connections'] ?? '20'),
    statementTimeoutSeconds: seconds(saved['limits.statement-timeout'] ?? '15'),
    storageMb: storage === undefined ? null : megabytes(storage),
    databases: databases(saved['limits.databases'] ?? '1000'),
  });
}

/** How much is kept for undo, as saved or by default. Throws `config.invalid`. */
export function versionLimitsOf(saved: Settings): VersionLimits {
  return Object.freeze({
    megabytes: keptMegabytes(saved['versions.megabytes'] ?? '1000'),
    days: keptDays(saved['versions.days'] ?? '30'),
  });
}
