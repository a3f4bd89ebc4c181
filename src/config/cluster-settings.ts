import type { Login } from '../domain/database.ts';
import { invalidSetting } from './setting-values.ts';
import { portNumber, type Settings } from './settings.ts';
import { readTls, type TlsWish } from './tls-settings.ts';

/** Values by name; of the process, or read from a file. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Where PostgreSQL is: ours on this machine, or one somebody else runs, with its administrator's login. */
export type ClusterConfig =
  | { readonly kind: 'embedded'; readonly port: number | undefined }
  | { readonly kind: 'external'; readonly login: Login };

/** Which cluster the environment and the saved settings name. Throws `config.invalid` naming the setting. */
export function clusterConfig(env: Environment, saved: Settings, cwd: string): ClusterConfig {
  const wish = {
    mode: wished(env.DB_CLUSTER_SSLMODE, 'DB_CLUSTER_SSLMODE'),
    root: wished(env.DB_CLUSTER_SSLROOTCERT, 'DB_CLUSTER_SSLROOTCERT'),
  };
  if (env.DB_ADMIN_URL) return { kind: 'external', login: parseAdminUrl(env.DB_ADMIN_URL, wish, cwd) };
  if (env.DB_CLUSTER_HOST) {
    return {
      kind: 'external',
      login: {
        host: env.DB_CLUSTER_HOST,
        port: portNumber(env.DB_CLUSTER_PORT ?? '5432', 'DB_CLUSTER_PORT'),
        database: 'postgres',
        user: env.DB_CLUSTER_USER ?? 'postgres',
        password: env.DB_CLUSTER_PASSWORD ?? '',
        ...readTls(wish, env.DB_CLUSTER_HOST, cwd),
      },
    };
  }
  const port = saved['cluster.port'];
  return { kind: 'embedded', port: port === undefined ? undefined : portNumber(port, 'cluster.port') };
}

const wished = (value: string | null | undefined, setting: string) => (value ? { value, setting } : null);

function parseAdminUrl(text: string, fallback: TlsWish, cwd: string): Login {
  return parseDatabaseUrl(text, 'DB_ADMIN_URL', fallback, cwd);
}

/**
 * The login that a URL names; `setting` is where it was given. The URL is never repeated in an error: it holds a
 * password. Throws `config.invalid`.
 */
export function parseDatabaseUrl(text: string, setting: string, fallback: TlsWish, cwd: string): Login {
  const wanted = 'a URL like postgres://user:password@host:5432/postgres';
  if (!URL.canParse(text)) throw invalidSetting(setting, wanted);
  const url = new URL(text);
  if (!['postgres:', 'postgresql:'].includes(url.protocol) || url.hostname === '')
    throw invalidSetting(setting, wanted);
  const decoded = (part: string) => decodedPart(part, setting, wanted);
  const host = decoded(url.hostname.replace(/^\[|\]$/g, ''));
  const wish = wishOfUrl(url.searchParams, setting);
  return {
    host,
    port: url.port === '' ? 5432 : Number(url.port),
    database: decoded(url.pathname.slice(1)) || 'postgres',
    user: decoded(url.username) || 'postgres',
    password: decoded(url.password),
    ...readTls({ mode: wish.mode ?? fallback.mode, root: wish.root ?? fallback.root }, host, cwd),
  };
}

/** A `%` that begins no escape would end the program otherwise. */
function decodedPart(text: string, setting: string, wanted: string): string {
  try {
    return decodeURIComponent(text);
  } catch (cause) {
    throw invalidSetting(setting, `${wanted}, with % in it written as %25`, cause);
  }
}

/** Parameters of libpq about TLS that ask for what we do not do: to leave them out silently would be a weaker connection. */
const NOT_OURS = ['sslcert', 'sslkey', 'sslpassword', 'sslcrl', 'sslcrldir', 'requiressl'];

function wishOfUrl(parameters: URLSearchParams, setting: string): TlsWish {
  const refused = NOT_OURS.find((name) => parameters.has(name));
  if (refused) throw invalidSetting(setting, `usable with ${refused}; there are sslmode and sslrootcert`);
  const single = (name: string) => {
    const values = parameters.getAll(name);
    if (values.length > 1) throw invalidSetting(setting, `a URL that says ${name} once`);
    return wished(values[0], `${name} in ${setting}`);
  };
  const mode = single('sslmode');
  const ssl = single('ssl');
  // How other drivers say `require`, understood by libpq too.
  if (ssl && (ssl.value !== 'true' || mode)) throw invalidSetting(ssl.setting, 'better said as sslmode');
  return { mode: mode ?? (ssl ? { ...ssl, value: 'require' } : null), root: single('sslrootcert') };
}
