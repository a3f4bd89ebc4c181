import type { Network } from '../../../domain/network.ts';
import type { RemoteAnswer, RemoteClient, RemoteOrder, RemoteTime } from '../../shared/remote/contract.ts';
import { remoteClient } from '../../shared/remote/remote-client.ts';
import { explainFly } from './explain.ts';

export interface FlyApiOptions {
  /** As Fly gives it; with or without `FlyV1` before it. */
  readonly token: string;
  /** Of the Machines API, without `/v1`. */
  readonly baseUrl: string;
  /** The way out of this network; null or left out: Node's own. */
  readonly network?: Network | null;
  readonly time?: RemoteTime;
}

export interface FlyCall extends Pick<RemoteOrder, 'json' | 'query' | 'accept' | 'timeout' | 'headers'> {
  /** Doing it twice is doing it once; every GET is. */
  readonly again?: boolean;
}

/** The Machines API at the pace it allows. */
export interface FlyApi {
  /** `path` is made of parts that are encoded here. Throws `remote.*`. */
  call(method: string, path: readonly string[], call?: FlyCall): Promise<RemoteAnswer>;
  orderOf(method: string, path: readonly string[], call?: FlyCall): RemoteOrder;
  readonly redact: RemoteClient['redact'];
}

// https://fly.io/docs/machines/api/working-with-machines-api/ (rate limits): by action and app or machine.
const PACE = { perSecond: 1, burst: 3 };
const LOOKING = { perSecond: 5, burst: 10 };

export function flyApi({ token, baseUrl, time, network = null }: FlyApiOptions): FlyApi {
  const client = remoteClient({
    remote: 'fly',
    service: 'Fly.io',
    baseUrl: `${baseUrl.replace(/\/+$/, '')}/v1`,
    headers: { authorization: authorizationOf(token) },
    secrets: [token, token.replace(/^FlyV1\s+/, '')],
    explain: explainFly,
    pace: PACE,
    network,
    ...(time === undefined ? {} : { time }),
  });
  const orderOf = (method: string, parts: readonly string[], { again, ...call }: FlyCall = {}): RemoteOrder => {
    const [, app = '', room = '', machine = '', action = ''] = parts;
    const isLook = method === 'GET' && room === 'machines' && machine !== '' && action === '';
    return {
      method,
      path: parts.map((part) => `/${encodeURIComponent(part)}`).join(''),
      idempotent: method === 'GET' || again === true,
      paceKey: [method, app, room, machine, action].join(' '),
      ...(isLook ? { pace: LOOKING } : {}),
      ...call,
    };
  };
  return {
    orderOf,
    redact: client.redact,
    call: (method, parts, call) => client.request(orderOf(method, parts, call)),
  };
}

/** Tokens of today name their own scheme. */
export function authorizationOf(token: string): string {
  if (/^FlyV1\s/.test(token)) return token;
  return /^fm[12][a-z]?_/.test(token) ? `FlyV1 ${token}` : `Bearer ${token}`;
}
