/** The way out of this network, as the variables that all programs know say it. */
export interface Network {
  readonly proxies: { readonly http: ProxyPlace | null; readonly https: ProxyPlace | null };
  /** Hosts that are spoken to directly. */
  readonly direct: readonly DirectHost[];
  /** PEM of the authorities to trust in the place of Node's own; null: nobody said. */
  readonly roots: string | null;
}

export interface ProxyPlace {
  /** `http://host:port` or `https://host:port`, without a login. */
  readonly origin: string;
  /** The header that the proxy wants; a secret. */
  readonly authorization: string | null;
  /** The variable that names it, for messages. */
  readonly by: string;
}

/** A name with all below it, an address, or a network of IPv4 (`10.0.0.0/8`); `*` is every host. */
export interface DirectHost {
  readonly host: string;
  /** Null: every port. */
  readonly port: number | null;
}

/** Reads a NO_PROXY as curl does: names parted by commas or blanks, a dot or `*.` before them, a port behind them. */
export function readDirectHosts(text: string): readonly DirectHost[] {
  const entries = text.split(/[\s,]+/).filter((entry) => entry !== '');
  return entries.map((entry) => {
    const isPlainSix = !entry.startsWith('[') && entry.split(':').length > 2;
    const [, name = entry, port] = isPlainSix ? [] : (/^(.*?)(?::(\d{1,5}))?$/.exec(entry) ?? []);
    const host = plainHost(name.replace(/^\*?\.(?=.)/, ''));
    return { host, port: port === undefined ? null : Number(port) };
  });
}

/** Who carries what is sent to this address; null: nobody. This machine is never asked for through another one. */
export function proxyFor(url: URL, { proxies, direct }: Pick<Network, 'proxies' | 'direct'>): ProxyPlace | null {
  const isTls = url.protocol === 'https:';
  const proxy = isTls ? proxies.https : proxies.http;
  const host = plainHost(url.hostname);
  if (proxy === null || isLoopback(host)) return null;
  const port = Number(url.port || (isTls ? 443 : 80));
  const isDirect = direct.some((one) => (one.port === null || one.port === port) && covers(one.host, host));
  return isDirect ? null : proxy;
}

function covers(rule: string, host: string): boolean {
  if (rule === '*' || rule === host) return true;
  const network = /^(\d+(?:\.\d+){3})\/(\d{1,2})$/.exec(rule);
  if (isAddress(host)) return network !== null && isWithin(host, network[1] ?? '', Number(network[2]));
  return host.endsWith(`.${rule}`);
}

/** Only what was given as an address: nobody asks for the one of a name. */
function isWithin(address: string, network: string, bits: number): boolean {
  if (address.includes(':')) return false;
  const numberOf = (text: string) => text.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
  const size = 2 ** Math.max(0, 32 - bits);
  return Math.floor(numberOf(address) / size) === Math.floor(numberOf(network) / size);
}

const plainHost = (host: string) =>
  host
    .toLowerCase()
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '');

const isAddress = (host: string) => host.includes(':') || /^\d+(\.\d+){3}$/.test(host);

/** Whether what is sent there never leaves this machine. */
export function isLoopback(host: string): boolean {
  return /^(localhost|.+\.localhost|127(\.\d{1,3}){3}|::1)$/.test(plainHost(host));
}
