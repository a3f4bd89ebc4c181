import { Agent, type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps, Agent as TlsAgent } from 'node:https';
import type { Http, HttpAnswer } from '../../../ports/http.ts';

type Options = NonNullable<Parameters<Http['request']>[2]>;

export interface NodeHttpOptions {
  /** Answers that are longer are refused; default 8 MB. */
  readonly maxBytes?: number;
}

const DEFAULT_TIMEOUT_MS = 5000;
/** Connections to one server; more requests wait for their turn, within their time. */
const MAX_SOCKETS = 32;
const DEFAULT_MAX_BYTES = 8 * 1024 * 1024;

/**
 * Node's own client with connections kept open. Redirects are answers like any other, the path goes out as it is
 * written, and every port may be spoken to (`fetch` refuses some).
 */
export function nodeHttp({ maxBytes = DEFAULT_MAX_BYTES }: NodeHttpOptions = {}): Http {
  const settings = { keepAlive: true, maxSockets: MAX_SOCKETS };
  const agents = { 'http:': new Agent(settings), 'https:': new TlsAgent(settings) };

  const attempt = (method: string, url: URL, options: Options, deadline: number, isRetry: boolean) =>
    new Promise<HttpAnswer>((resolve, reject) => {
      const body = options.json === undefined ? options.body : JSON.stringify(options.json);
      const headers: Record<string, string> = { ...options.headers };
      if (options.json !== undefined) headers['content-type'] ??= 'application/json';
      if (body !== undefined) headers['content-length'] = String(Buffer.byteLength(body));
      const isTls = url.protocol === 'https:';
      const send = isTls ? requestHttps : requestHttp;
      const request = send(url, { method, headers, agent: agents[isTls ? 'https:' : 'http:'] }, (answer) => {
        collect(answer, maxBytes).then(resolve, reject);
      });
      const timer = setTimeout(
        () => request.destroy(new Error(`${method} ${url.pathname}: no answer in time`)),
        Math.max(0, deadline - performance.now()),
      );
      request.on('error', (error) => {
        const wasIdle = request.reusedSocket && 'code' in error && error.code === 'ECONNRESET';
        // The server closed a kept connection just when we wanted to use it: it never saw the request.
        if (wasIdle && !isRetry) attempt(method, url, options, deadline, true).then(resolve, reject);
        else reject(error);
      });
      request.on('close', () => clearTimeout(timer));
      request.end(body);
    });

  return {
    request: async (method, address, options = {}) => {
      const url = new URL(address);
      if (url.protocol !== 'http:' && url.protocol !== 'https:') throw new RangeError(`not a web address: ${address}`);
      return attempt(method, url, options, performance.now() + (options.timeoutMs ?? DEFAULT_TIMEOUT_MS), false);
    },
  };
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
