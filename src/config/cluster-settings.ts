import type { Login } from '../domain/database.ts';
import { invalidSetting, portNumber, type Settings } from './settings.ts';

/** Values by name; of the process, or read from a file. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Where PostgreSQL is: ours on this machine, or one somebody else runs, with its administrator's login. */
export type ClusterConfig =
  | { readonly kind: 'embedded'; readonly port: number | undefined }
  | { readonly kind: 'external'; readonly login: Login };

const SSL_MODES = ['disable', 'require', 'verify-full'] as const;

function sslMode(value: string): (typeof SSL_MODES)[number] {
  const mode = SSL_MODES.find((known) => known === value);
  if (mode) return mode;
  throw invalidSetting('sslmode', `one of ${SSL_MODES.join(', ')}`);
}

/** Which cluster the environment and the saved settings name. Throws `config.invalid` naming the setting. */
export function clusterConfig(env: Environment, saved: Settings): ClusterConfig {
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
  if (!URL.canParse(text)) throw invalidSetting('DB_ADMIN_URL', wanted);
  const url = new URL(text);
  if (!['postgres:', 'postgresql:'].includes(url.protocol) || url.hostname === '')
    throw invalidSetting('DB_ADMIN_URL', wanted);
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
