import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import type { SpecGuard } from '../spec-guard.ts';

export interface FakeRequest {
  readonly method: string;
  readonly pathname: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Buffer;
  /** The body as JSON; undefined when it is none. */
  readonly json: unknown;
}

export interface FakeAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Bytes are sent as they are, everything else as JSON. */
  readonly body?: unknown;
}

/**
 * What goes wrong with one call. `reset-before`: the connection ends and nothing was done; `reset-after`: it was done,
 * and nobody is told; `cut`: half of the answer arrives. `answer` comes instead of the fake's own.
 */
export type Fault =
  | { readonly kind: 'latency'; readonly ms: number }
  | { readonly kind: 'answer'; readonly answer: FakeAnswer }
  | { readonly kind: 'reset-before' }
  | { readonly kind: 'reset-after' }
  | { readonly kind: 'cut' };

export interface FakeServer {
  readonly url: string;
  /** Every call that came in, as `POST /v1/apps`, in order. */
  readonly calls: readonly string[];
  /** The same with what was sent, and what was answered. */
  readonly exchanges: readonly { readonly request: FakeRequest; readonly status: number }[];
  /** Queues faults for the next calls whose `METHOD /path` fits, one each; a fault waits until such a call comes. */
  fail(route: RegExp, ...faults: Fault[]): void;
  /** Forgets the faults that nobody met. */
  calm(): void;
  /** Called before each call is answered: a test may cut its client here. */
  onCall(listener: ((call: string, count: number) => void) | null): void;
  close(): Promise<void>;
}

/** A server of a test that keeps its state in memory: `answer` is its whole behaviour, the guard reads along. */
export async function fakeServer(
  answer: (request: FakeRequest) => Promise<FakeAnswer> | FakeAnswer,
  guard?: SpecGuard,
): Promise<FakeServer> {
  const calls: string[] = [];
  const exchanges: { request: FakeRequest; status: number }[] = [];
  const faults: { route: RegExp; fault: Fault }[] = [];
  let listener: ((call: string, count: number) => void) | null = null;
  const serve = async (incoming: IncomingMessage, outgoing: ServerResponse) => {
    const request = await readRequest(incoming);
    const call = `${request.method} ${request.pathname}`;
    calls.push(call);
    listener?.(call, calls.length);
    const at = faults.findIndex(({ route }) => route.test(call));
    const fault = at < 0 ? undefined : faults.splice(at, 1)[0]?.fault;
    if (fault?.kind === 'latency') await wait(fault.ms);
    if (fault?.kind === 'reset-before') {
      incoming.socket.destroy();
      return;
    }
    const given = fault?.kind === 'answer' ? fault.answer : await answer(request);
    exchanges.push({ request, status: given.status });
    // What a fault says is the test's own; what the fake says must be true.
    if (guard && fault?.kind !== 'answer') checkCall(guard, incoming, request, given);
    if (fault?.kind === 'reset-after') incoming.socket.destroy();
    else send(outgoing, given, fault?.kind === 'cut');
  };
  const server = createServer((incoming, outgoing) => {
    serve(incoming, outgoing).catch((error: unknown) => {
      if (!outgoing.headersSent) outgoing.writeHead(599, { 'x-fake-broke': '1' });
      outgoing.end(`the fake broke: ${String(error instanceof Error ? error.stack : error)}`);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${portOf(server)}`,
    calls,
    exchanges,
    fail: (route, ...queued) => faults.push(...queued.map((fault) => ({ route, fault }))),
    calm: () => {
      faults.length = 0;
    },
    onCall: (next) => {
      listener = next;
    },
    close: async () => {
      server.closeAllConnections();
      server.close();
      if (server.listening) await once(server, 'close');
    },
  };
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The fake has no port');
  return address.port;
}

async function readRequest(incoming: IncomingMessage): Promise<FakeRequest> {
  const { pathname, searchParams } = new URL(incoming.url ?? '/', 'http://localhost');
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(Buffer.from(chunk));
  const body = Buffer.concat(chunks);
  return {
    method: incoming.method ?? 'GET',
    pathname,
    query: searchParams,
    headers: plainHeaders(incoming.headers),
    body,
    json: parsed(body),
  };
}

function plainHeaders(headers: IncomingMessage['headers']): Record<string, string | undefined> {
  const entries = Object.entries(headers);
  return Object.fromEntries(entries.map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : value]));
}

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}

function bytesOf({ body }: FakeAnswer): Uint8Array {
  if (body === undefined) return new Uint8Array();
  return body instanceof Uint8Array ? body : Buffer.from(JSON.stringify(body));
}

function headersOf({ body, headers = {} }: FakeAnswer): Record<string, string> {
  const isBytes = body === undefined || body instanceof Uint8Array;
  return { ...(isBytes ? {} : { 'content-type': 'application/json' }), ...headers };
}

function checkCall(guard: SpecGuard, incoming: IncomingMessage, request: FakeRequest, answer: FakeAnswer): void {
  guard.check({
    method: request.method,
    address: incoming.url ?? '/',
    requestHeaders: request.headers,
    requestBody: request.body,
    status: answer.status,
    answerHeaders: headersOf(answer),
    answerBody: bytesOf(answer),
  });
}

function send(outgoing: ServerResponse, answer: FakeAnswer, isCut: boolean): void {
  const bytes = bytesOf(answer);
  // 204 and 304 have no body, and so no length.
  const length = bytes.length > 0 ? { 'content-length': String(bytes.length) } : {};
  outgoing.writeHead(answer.status, { ...headersOf(answer), ...length });
  if (!isCut) outgoing.end(bytes);
  else outgoing.write(bytes.subarray(0, Math.floor(bytes.length / 2)), () => outgoing.destroy());
}
