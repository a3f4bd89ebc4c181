import {
  Agent,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type RequestOptions,
  request as requestHttp,
} from 'node:http';
import { request as requestHttps, Agent as TlsAgent } from 'node:https';
import { isLoopback, type Network } from '../../../domain/network.ts';
import type { Http, HttpAnswer } from '../../../ports/http.ts';

type Options = NonNullable<Parameters<Http['request']>[2]>;

export interface NodeHttpOptions {
  /** Answers that are longer are refused; default 8 MB. */
  readonly maxBytes?: number;
  /** The way out of this network, asked for what is not on this machine; null: straight on. */
  readonly network?: () => Network | null;
}

interface Call {
  readonly method: string;
  readonly url: URL;
  readonly options: Options;
  /** By `performance.now()`. */
  readonly deadline: number;
  readonly route: Route;
}

/** What is laid over the options of a request. */
type Route = Omit<RequestOptions, 'headers'> & { readonly headers?: OutgoingHttpHeaders };

const DEFAULT_TIMEOUT_MS = 5000;
/** Connections to one server; more requests wait for their turn, within their time. */
const MAX_SOCKETS = 32;
const DEFAULT_MAX_BYTES = 8 * 1024 * 1024;

/**
 * Node's own client with connections kept open. Redirects are answers like any other, the path goes out as it is
 * written, and every port may be spoken to (`fetch` refuses some).
 */
export function nodeHttp({ maxBytes = DEFAULT_MAX_BYTES, network = () => null }: NodeHttpOptions = {}): Http {
  const settings = { keepAlive: true, maxSockets: MAX_SOCKETS };
  const agents = { 'http:': new Agent(settings), 'https:': new TlsAgent(settings) };

  let routes: ReturnType<typeof openRoutes> | undefined;
  const routeTo = async (url: URL): Promise<Route> => {
    const isTls = url.protocol === 'https:';
    const straight = { protocol: url.protocol, agent: agents[isTls ? 'https:' : 'http:'] };
    if (isLoopback(url.hostname)) return straight;
    routes ??= openRoutes(network());
    return (await routes)?.(url) ?? straight;
  };

  const attempt = (call: Call, isRetry: boolean) =>
    new Promise<HttpAnswer>((resolve, reject) => {
      const { method, url, options, deadline, route } = call;
      const body = options.json === undefined ? options.body : JSON.stringify(options.json);
      const headers: Record<string, string> = { ...options.headers };
      if (options.json !== undefined) headers['content-type'] ??= 'application/json';
      if (body !== undefined) headers['content-length'] = String(Buffer.byteLength(body));
      const send = route.protocol === 'https:' ? requestHttps : requestHttp;
      const request = send(url, { ...route, method, headers: { ...headers, ...route.headers } }, (answer) => {
        collect(answer, maxBytes).then(resolve, reject);
      });
      const timer = setTimeout(
        () => request.destroy(new Error(`${method} ${url.pathname}: no answer in time`)),
        Math.max(0, deadline - performance.now()),
      );
      request.on('error', (error) => {
        const wasIdle = request.reusedSocket && 'code' in error && error.code === 'ECONNRESET';
        // The server closed a kept connection just when we wanted to use it: it never saw the request.
        if (wasIdle && !isRetry) attempt(call, true).then(resolve, reject);
        else reject(error);
      });
      request.on('close', () => clearTimeout(timer));
      request.end(body);
    });

  return {
    request: async (method, address, options = {}) => {
      const url = new URL(address);
      if (url.protocol !== 'http:' && url.protocol !== 'https:') throw new RangeError(`not a web address: ${address}`);
      const deadline = performance.now() + (options.timeoutMs ?? DEFAULT_TIMEOUT_MS);
      return attempt({ method, url, options, deadline, route: await routeTo(url) }, false);
    },
  };
}

async function openRoutes(network: Network | null): Promise<((url: URL) => Route) | null> {
  if (network === null) return null;
  const { networkRoutes } = await import('../../shared/network/routes.ts');
  return networkRoutes(network);
}

async function collect(answer: IncomingMessage, maxBytes: number): Promise<HttpAnswer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of answer) {
    if (!Buffer.isBuffer(chunk)) continue;
    size += chunk.length;
    // Leaving the loop destroys the connection.
    if (size > maxBytes) throw new Error(`the answer has more than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(answer.headers)) {
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return { status: answer.statusCode ?? 0, headers, body: Buffer.concat(chunks).toString('utf8') };
}
