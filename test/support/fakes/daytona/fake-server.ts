import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a fake is to do wrong, once, the next time a route is asked. */
export type Fault =
  | { readonly kind: 'latency'; readonly ms: number }
  | { readonly kind: 'status'; readonly status: number; readonly headers?: Readonly<Record<string, string>> }
  /** The connection breaks off: before anything was done, or when all was done and only the answer is missing. */
  | { readonly kind: 'reset'; readonly when: 'before' | 'after' }
  /** The answer ends after so many bytes, and says that it is whole. */
  | { readonly kind: 'truncate'; readonly bytes: number };

export interface FakeRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** What the pattern of the route caught, decoded. */
  readonly parts: readonly string[];
}

export interface FakeAnswer {
  readonly status: number;
  /** JSON unless it is bytes; nothing for null. */
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface FakeRoute {
  readonly method: string;
  /** As the official document writes it, below the server's prefix. */
  readonly template: string;
  readonly handle: (request: FakeRequest) => FakeAnswer | Promise<FakeAnswer>;
}

/** Routes below one prefix, which one official document describes. */
export interface FakeService {
  readonly name: string;
  /** Its groups come first in `parts`. */
  readonly prefix: RegExp;
  readonly routes: readonly FakeRoute[];
  /** Judges a request that matched no fault before it is handled; an answer instead of the handler's. */
  readonly admit: (request: FakeRequest, route: FakeRoute) => FakeAnswer | null;
  readonly describeError: (status: number, path: string, method: string, message: string) => unknown;
  /** Sees each request with its answer. */
  readonly watch: (seen: SeenCall) => void;
}

/** One call with its answer, as it went over the wire; the address is without the prefix of its service. */
export interface SeenCall {
  readonly service: string;
  /** `POST /sandbox`, as the route is written. */
  readonly route: string;
  readonly address: string;
  readonly request: FakeRequest;
  readonly status: number;
  readonly answerHeaders: Readonly<Record<string, string>>;
  readonly answerBody: Buffer;
  /** The answer was made up by a fault. */
  readonly isFault: boolean;
}

/** A listening fake. */
export interface FakeServer {
  readonly origin: string;
  /** Queues a fault for `POST /sandbox`, as the route is written. */
  fault(route: string, fault: Fault): void;
  close(): Promise<void>;
}

const pattern = (template: string): RegExp =>
  new RegExp(`^${template.replaceAll(/[.*+?^$()|[\]\\]/g, '\\$&').replaceAll(/\{[^}]+\}/g, '([^/]+)')}$`);

/** Serves the services on a free port of this machine. */
export async function serveFake(services: readonly FakeService[]): Promise<FakeServer> {
  const faults = new Map<string, Fault[]>();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('error', () => {});
    request.on('end', () => {
      const url = new URL(request.url ?? '/', 'http://fake');
      const { method = 'GET', headers } = request;
      const base = { method, path: url.pathname, query: url.searchParams, headers, body: Buffer.concat(chunks) };
      void answer(services, faults, base, response);
    });
  });
  server.keepAliveTimeout = 1_000;
  await new Promise<void>((done) => {
    server.listen(0, '127.0.0.1', done);
  });
  return {
    origin: originOf(server),
    fault: (route, fault) => {
      faults.set(route, [...(faults.get(route) ?? []), fault]);
    },
    close: () => closeServer(server),
  };
}

/** Where a server on a port of this machine is reached. */
export function originOf(server: Server): string {
  const address = server.address() as AddressInfo | null;
  return `http://127.0.0.1:${address?.port ?? 0}`;
}

/** Ends a server with all its connections. */
export function closeServer(server: Server): Promise<void> {
  return new Promise((done) => {
    server.close(() => done());
    server.closeAllConnections();
  });
}

async function answer(
  services: readonly FakeService[],
  faults: Map<string, Fault[]>,
  base: Omit<FakeRequest, 'parts'>,
  response: ServerResponse,
): Promise<void> {
  const found = findRoute(services, base);
  if (!found) return send(response, wire({ status: 404, body: { statusCode: 404, message: `Cannot ${base.method}` } }));
  const { service, route, request, address } = found;
  const name = `${route.method} ${route.template}`;
  const fault = faults.get(name)?.shift();
  if (fault?.kind === 'reset' && fault.when === 'before') return void response.destroy();
  if (fault?.kind === 'latency') await new Promise((next) => setTimeout(next, fault.ms));
  const result = wire(fault?.kind === 'status' ? broken(service, request, fault) : await handled(found));
  const { status, headers: answerHeaders, bytes: answerBody } = result;
  const isFault = fault?.kind === 'status';
  service.watch({ service: service.name, route: name, address, request, status, answerHeaders, answerBody, isFault });
  if (fault?.kind === 'reset') return void response.destroy();
  send(response, fault?.kind === 'truncate' ? { ...result, bytes: answerBody.subarray(0, fault.bytes) } : result);
}

function broken(service: FakeService, request: FakeRequest, fault: Extract<Fault, { kind: 'status' }>): FakeAnswer {
  const { path, method } = request;
  const body = service.describeError(fault.status, path, method, 'a fault of the test');
  return { status: fault.status, body, headers: fault.headers ?? {} };
}

async function handled({ service, route, request }: Found): Promise<FakeAnswer> {
  try {
    return service.admit(request, route) ?? (await route.handle(request));
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { status: 500, body: service.describeError(500, request.path, request.method, message) };
  }
}

interface Found {
  readonly service: FakeService;
  readonly route: FakeRoute;
  readonly request: FakeRequest;
  readonly address: string;
}

function findRoute(services: readonly FakeService[], base: Omit<FakeRequest, 'parts'>): Found | null {
  for (const service of services) {
    const prefix = service.prefix.exec(base.path);
    if (!prefix) continue;
    const rest = base.path.slice(prefix[0].length);
    for (const route of service.routes) {
      const match = route.method === base.method ? pattern(route.template).exec(rest) : null;
      if (!match) continue;
      const parts = [...prefix.slice(1), ...match.slice(1)].map(decodeURIComponent);
      const query = base.query.toString();
      return { service, route, request: { ...base, parts }, address: query === '' ? rest : `${rest}?${query}` };
    }
  }
  return null;
}

interface WireAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly bytes: Buffer;
}

function wire({ status, body, headers = {} }: FakeAnswer): WireAnswer {
  if (body === null) return { status, headers, bytes: Buffer.alloc(0) };
  if (Buffer.isBuffer(body)) return { status, headers, bytes: body };
  const type = { 'content-type': 'application/json; charset=utf-8' };
  return { status, headers: { ...type, ...headers }, bytes: Buffer.from(JSON.stringify(body)) };
}

function send(response: ServerResponse, { status, headers, bytes }: WireAnswer): void {
  response.writeHead(status, headers);
  response.end(bytes);
}
