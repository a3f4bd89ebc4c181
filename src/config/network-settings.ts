import { readFileSync } from 'node:fs';
import { type Network, type ProxyPlace, readDirectHosts } from '../domain/network.ts';
import type { Environment } from './cluster-settings.ts';
import { invalidSetting } from './setting-values.ts';

/** Everything said about the way out, unread: what is wrong with it matters only to who goes there. It may hold a login. */
export type NetworkSettings = Readonly<Partial<Record<string, string>>>;

// As curl has it: small letters win.
const HTTPS = ['https_proxy', 'HTTPS_PROXY', 'all_proxy', 'ALL_PROXY'];
const HTTP = ['http_proxy', 'HTTP_PROXY', 'all_proxy', 'ALL_PROXY'];
const DIRECT = ['no_proxy', 'NO_PROXY'];
const ROOTS = 'SSL_CERT_FILE';
const MORE_ROOTS = 'NODE_EXTRA_CA_CERTS';

/** Gathers what the environment says about the way out. */
export function networkSettings(env: Environment): NetworkSettings {
  const names = [...HTTPS, ...HTTP, ...DIRECT, ROOTS, MORE_ROOTS];
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = env[name];
      return value === undefined || value === '' ? [] : [[name, value]];
    }),
  );
}

/**
 * The way out; null where Node's own is right: nothing is said, or only `NODE_EXTRA_CA_CERTS`, which Node reads itself.
 * Throws `config.invalid` naming the variable.
 */
export function chooseNetwork(said: NetworkSettings): Network | null {
  const proxies = { http: proxyOf(said, HTTP), https: proxyOf(said, HTTPS) };
  const roots = rootsOf(said);
  if (proxies.http === null && proxies.https === null && roots === null) return null;
  return { proxies, direct: readDirectHosts(first(said, DIRECT)?.value ?? ''), roots };
}

function first(said: NetworkSettings, names: readonly string[]) {
  for (const name of names) {
    const value = said[name]?.trim();
    if (value !== undefined && value !== '') return { name, value };
  }
  return null;
}

function proxyOf(said: NetworkSettings, names: readonly string[]): ProxyPlace | null {
  const found = first(said, names);
  if (found === null) return null;
  const { name, value } = found;
  const text = value.includes('://') ? value : `http://${value}`;
  const url = URL.canParse(text) ? new URL(text) : null;
  if (!url || !/^https?:$/.test(url.protocol) || url.hostname === '') {
    throw invalidSetting(name, 'the address of a proxy, like http://host:3128 (socks is not known)');
  }
  const port = url.port || (url.protocol === 'https:' ? '443' : '80');
  const login = `${decoded(url.username, name)}:${decoded(url.password, name)}`;
  const authorization = login === ':' ? null : `Basic ${Buffer.from(login).toString('base64')}`;
  return { origin: `${url.protocol}//${url.hostname}:${port}`, authorization, by: name };
}

function decoded(text: string, name: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw invalidSetting(name, 'the address of a proxy, with the login in it escaped as in addresses (%25 for %)');
  }
}

/** `SSL_CERT_FILE` is whom to trust, as OpenSSL has it; Node's variable adds to that, as it does to Node's own list. */
function rootsOf(said: NetworkSettings): string | null {
  const file = said[ROOTS];
  if (file === undefined) return null;
  return [certificates(file, ROOTS), ...moreRoots(said)].join('\n');
}

/** Unreadable, it is nothing to Node either, which warns of it. */
function moreRoots(said: NetworkSettings): readonly string[] {
  const file = said[MORE_ROOTS];
  if (file === undefined) return [];
  try {
    return [certificates(file, MORE_ROOTS)];
  } catch {
    return [];
  }
}

function certificates(file: string, name: string): string {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw invalidSetting(name, `a file that can be read (${file})`, cause);
  }
  const found = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  if (found.length === 0) throw invalidSetting(name, `a file of certificates in PEM form (${file})`);
  return found.join('\n');
}
