import { type IncomingMessage, request as requestPlain } from 'node:http';
import { request as requestTls } from 'node:https';
import { Readable } from 'node:stream';
import { type Network, type ProxyPlace, proxyFor } from '../../../domain/network.ts';
import { ProxyFailure } from './proxy-failure.ts';
import { networkRoutes, type Route } from './routes.ts';

/** Statuses whose answers have no body (RFC 9110). */
const WITHOUT_BODY = [204, 205, 304];

/**
 * What fetch does, by Node's older client, which can be led through a proxy. Redirects are not followed: they are
 * answers, or failures where the caller says so. Throws `ProxyFailure`, and errors of the system as they are.
 */
export function networkFetch(network: Network): typeof fetch {
  const routeTo = networkRoutes(network);
  return async (input, init) => {
    const request = new Request(input, init);
    const url = new URL(request.url);
    const body = Buffer.from(await request.arrayBuffer());
    const answer = await send(url, request, body, routeTo(url), proxyFor(url, network));
    const status = answer.statusCode ?? 0;
    if (status >= 300 && status < 400 && request.redirect === 'error') {
      answer.destroy();
      throw new TypeError(`${url.host} leads elsewhere`);
    }
    return new Response(WITHOUT_BODY.includes(status) ? drop(answer) : bodyOf(answer), {
      status,
      statusText: answer.statusMessage ?? '',
      headers: headersOf(answer),
    });
  };
}

function send(
  url: URL,
  request: Request,
  body: Buffer,
  route: Route,
  proxy: ProxyPlace | null,
): Promise<IncomingMessage> {
  const { method, signal } = request;
  const hasBody = body.length > 0 || !['GET', 'HEAD'].includes(method);
  const headers = {
    ...Object.fromEntries(request.headers),
    ...(hasBody ? { 'content-length': String(body.length) } : {}),
    ...route.headers,
  };
  const begin = route.protocol === 'https:' ? requestTls : requestPlain;
  return new Promise((resolve, reject) => {
    const outgoing = begin(url, { ...route, method, headers, signal }, (answer) => {
      // In clear the proxy answers in the place of the service; 407 is never the service's.
      if (proxy !== null && url.protocol === 'http:' && answer.statusCode === 407) {
        answer.destroy();
        reject(ProxyFailure.refused(proxy, 407));
      } else resolve(answer);
    });
    outgoing.once('error', (error) => {
      const isOpening = 'syscall' in error && ['connect', 'getaddrinfo'].includes(String(error.syscall));
      const isOfProxy = proxy !== null && url.protocol === 'http:' && isOpening;
      reject(isOfProxy ? ProxyFailure.unreachable(proxy, error) : error);
    });
    outgoing.end(body);
  });
}

function drop(answer: IncomingMessage): null {
  answer.resume();
  return null;
}

function bodyOf(answer: IncomingMessage): ReadableStream<Uint8Array> {
  const reader = Readable.toWeb(answer).getReader();
  return new ReadableStream({
    async pull(stream) {
      const { done, value } = await reader.read();
      if (done) stream.close();
      else stream.enqueue(value);
    },
    cancel: (reason) => reader.cancel(reason),
  });
}

function headersOf({ headersDistinct }: IncomingMessage): Headers {
  const headers = new Headers();
  for (const [name, values] of Object.entries(headersDistinct)) {
    for (const value of values ?? []) headers.append(name, value);
  }
  return headers;
}
