import type { IncomingMessage, ServerResponse } from 'node:http';
import type { HttpBindings } from '@hono/node-server';
import type { Context, Hono } from 'hono';

/** A call of the API: the request, and what is known of its answer so far. */
export interface ApiCall {
  readonly req: Pick<Request, 'method' | 'headers' | 'body'> & {
    readonly runtime?: { readonly node?: NodeApiCall };
  };
  readonly url: URL;
  /** The variable parts of the path, as they were sent. */
  readonly context: { readonly params?: Readonly<Record<string, string>> };
  readonly res: { status?: number; readonly headers: Headers };
}

interface NodeApiCall {
  readonly req: IncomingMessage;
  readonly res?: ServerResponse;
}

/** Answers a request: what it gives back is sent as JSON, a Response as it is. */
export type Handler = (event: ApiCall) => unknown;

export function defineHandler(handler: Handler): Handler {
  return handler;
}

/** An answer without a body. */
export function noContent(): Response {
  return new Response(null, { status: 204 });
}

/** An answer that is sent as it is. */
export class HTTPResponse {
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;

  constructor(body: string, { headers }: { headers: Readonly<Record<string, string>> }) {
    this.body = body;
    this.headers = headers;
  }
}

interface Failure {
  readonly status: number;
  readonly message: string;
  readonly data?: unknown;
  readonly headers?: Record<string, string>;
  readonly cause?: unknown;
}

/** A failure that the client is told about. */
export class HTTPError extends Error {
  readonly status: number;
  readonly data: unknown;
  readonly headers: Headers;
  readonly unhandled = false;

  constructor({ status, message, data, headers, cause }: Failure) {
    super(message, { cause });
    this.name = 'HTTPError';
    this.status = status;
    this.data = data;
    this.headers = new Headers(headers);
  }

  static isError(error: unknown): error is HTTPError {
    return error instanceof HTTPError;
  }
}

/** What starts with the server, and what ends with it. */
export interface Lifetime {
  readonly hooks: { hook(name: 'close', work: () => Promise<void>): void };
}

export type Plugin = (app: Lifetime) => void;

export function definePlugin(plugin: Plugin): Plugin {
  return plugin;
}

type Env = { Bindings: HttpBindings };

export type App = Hono<Env>;

/** A handler for a route of Hono: `/posts/:id`. */
export function toHono(path: string, handler: Handler) {
  const names = path.split('/').map((part) => (part.startsWith(':') ? part.slice(1) : null));
  return async ({ req, env }: Context<Env>): Promise<Response> => {
    const { raw } = req;
    const url = new URL(req.url);
    const res: ApiCall['res'] = { headers: new Headers() };
    const runtime = { node: { req: env.incoming, res: env.outgoing } };
    const event: ApiCall = {
      // A body that nobody asks for is not opened.
      req: {
        method: raw.method,
        headers: raw.headers,
        runtime,
        get body() {
          return raw.body;
        },
      },
      url,
      context: { params: paramsOf(names, url.pathname) },
      res,
    };
    const answer = await handler(event);
    if (answer instanceof Response) return answer;
    if (answer instanceof HTTPResponse) return new Response(answer.body, answer);
    res.headers.set('content-type', 'application/json');
    return new Response(JSON.stringify(answer), {
      status: res.status ?? 200,
      headers: res.headers,
    });
  };
}

/** Hono would decode them, and a second time is once too often. */
function paramsOf(names: readonly (string | null)[], pathname: string): Record<string, string> {
  const parts = pathname.split('/');
  const pairs = names.flatMap((name, index) => (name === null ? [] : [[name, parts[index] ?? '']]));
  return Object.fromEntries(pairs);
}
