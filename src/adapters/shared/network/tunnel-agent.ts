import { type ClientRequestArgs, request as requestPlain } from 'node:http';
import { Agent, type AgentOptions, request as requestTls } from 'node:https';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type ConnectionOptions, connect } from 'node:tls';
import type { ProxyPlace } from '../../../domain/network.ts';
import { ProxyFailure } from './proxy-failure.ts';

const OPEN_MS = 20_000;

/** Speaks TLS to servers through a proxy, which sees their names and no word of what is said (RFC 9110, 9.3.6). */
export class TunnelAgent extends Agent {
  readonly #proxy: ProxyPlace;

  constructor(proxy: ProxyPlace, options: AgentOptions) {
    super(options);
    this.#proxy = proxy;
  }

  override createConnection(
    options: ClientRequestArgs & ConnectionOptions,
    callback?: (error: Error | null, stream: Duplex) => void,
  ): undefined {
    openTunnel(this.#proxy, options).then(
      (socket) => callback?.(null, connect({ ...options, socket })),
      // Node takes no stream where there is an error.
      (error: Error) => (callback as ((error: Error) => void) | undefined)?.(error),
    );
    return undefined;
  }
}

function openTunnel(proxy: ProxyPlace, { host, port, ca }: ClientRequestArgs & ConnectionOptions): Promise<Socket> {
  const place = new URL(proxy.origin);
  const isTls = place.protocol === 'https:';
  const name = host?.includes(':') ? `[${host}]` : host;
  const target = `${name}:${port ?? 443}`;
  const login = proxy.authorization === null ? {} : { 'proxy-authorization': proxy.authorization };
  const options = {
    method: 'CONNECT',
    hostname: place.hostname.replace(/^\[|\]$/g, ''),
    port: place.port || (isTls ? 443 : 80),
    path: target,
    headers: { host: target, ...login },
    agent: false as const,
  };
  return new Promise((resolve, reject) => {
    const request = isTls ? requestTls({ ...options, ...(ca === undefined ? {} : { ca }) }) : requestPlain(options);
    const timer = setTimeout(() => request.destroy(new Error(`no answer within ${OPEN_MS / 1000} s`)), OPEN_MS);
    request.once('close', () => clearTimeout(timer));
    request.once('error', (error) => reject(ProxyFailure.unreachable(proxy, error)));
    request.once('connect', (answer, socket) => {
      clearTimeout(timer);
      if (answer.statusCode === 200) return resolve(socket);
      socket.destroy();
      reject(ProxyFailure.refused(proxy, answer.statusCode ?? 0));
    });
    request.end();
  });
}
