import { type OutgoingHttpHeaders, Agent as PlainAgent, type RequestOptions } from 'node:http';
import { Agent as TlsAgent } from 'node:https';
import { type Network, proxyFor } from '../../../domain/network.ts';
import { TunnelAgent } from './tunnel-agent.ts';

/** What is laid over the options of a request of Node's own client so that it goes by the way out. */
export type Route = Omit<RequestOptions, 'headers'> & {
  readonly protocol: string;
  readonly headers?: OutgoingHttpHeaders;
};

// A server that hangs up on an idle connection must not meet a request on it.
const KEPT = { keepAlive: true, maxSockets: 32, timeout: 4000 };

/** Routes by address. Connections are kept open, and keep no process alive. */
export function networkRoutes(network: Network): (url: URL) => Route {
  const trusted = network.roots === null ? {} : { ca: network.roots };
  const plain = new PlainAgent(KEPT);
  const tls = new TlsAgent({ ...KEPT, ...trusted });
  const { https } = network.proxies;
  const tunnels = https === null ? tls : new TunnelAgent(https, { ...KEPT, ...trusted });
  return (url) => {
    const { protocol } = url;
    const proxy = proxyFor(url, network);
    if (protocol === 'https:') return { protocol, agent: proxy === null ? tls : tunnels };
    if (proxy === null) return { protocol, agent: plain };
    // In clear, a proxy is asked for the whole address (RFC 9112, 3.2.2).
    const place = new URL(proxy.origin);
    const login = proxy.authorization === null ? {} : { 'proxy-authorization': proxy.authorization };
    return {
      protocol: place.protocol,
      hostname: place.hostname.replace(/^\[|\]$/g, ''),
      port: place.port || (place.protocol === 'https:' ? '443' : '80'),
      path: `${url.origin}${url.pathname}${url.search}`,
      headers: { host: url.host, ...login },
      agent: place.protocol === 'https:' ? tls : plain,
    };
  };
}
