import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { config } from './config.ts';
import { answerCors } from './cors.ts';
import { lifecycle } from './lifecycle.ts';
import { describeError, log } from './log.ts';

const HEADERS = Object.entries({
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
});

// Who sends its request slower than this is cut off, within a second.
const TIMEOUTS = {
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  connectionsCheckingInterval: 1000,
} as const;

type Handle = (request: IncomingMessage, response: ServerResponse) => unknown;

interface Service {
  /** Answers a request; settles when it did. */
  readonly handle: Handle;
  /** Ends what was opened for the requests, after the last of them. */
  readonly onStop: () => unknown;
}

/** Listens until SIGTERM or SIGINT, and ends the process when the last request is answered. */
export function serve({ handle, onStop }: Service): void {
  const server = createServer(TIMEOUTS, (request, response) => {
    const started = performance.now();
    const { method, url = '/' } = request;
    const requestId = requestIdOf(request);
    response.setHeader('x-request-id', requestId);
    for (const [name, value] of HEADERS) response.setHeader(name, value);
    if (config.logRequests) {
      response.on('close', () => {
        const path = url.split('?', 1)[0]?.slice(0, 500);
        const ms = Math.round((performance.now() - started) * 10) / 10;
        log('info', 'request', { requestId, method, path, status: response.statusCode, ms });
      });
    }
    if (answerCors(request, response)) return;
    // Node leaves the body of an answer to HEAD out by itself.
    if (method === 'HEAD') request.method = 'GET';
    answer(handle, request, response).catch((error: unknown) => {
      log('error', 'request failed', { requestId, ...describeError(error) });
      if (!response.headersSent) response.statusCode = 500;
      response.end();
    });
  });
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.on(signal, () => void stop(server, onStop, signal));

  server.on('error', (error) => {
    log('error', `cannot listen on ${config.host}:${config.port}`, { error: error.message });
    process.exit(1);
  });
  server.listen(config.port, config.host, () => {
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : config.port;
    log('info', 'listening', { host: config.host, port });
  });
}

async function answer(
  handle: Handle,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  await handle(request, response);
}

/** The client's own id when it is harmless in a log, otherwise a new one. */
function requestIdOf(request: IncomingMessage): string {
  const given = request.headers['x-request-id'];
  return typeof given === 'string' && /^[\w.-]{1,64}$/.test(given) ? given : randomUUID();
}

/** Lets running requests finish, then closes what was opened for them. */
async function stop(server: Server, onStop: Service['onStop'], signal: string): Promise<void> {
  if (lifecycle.isStopping) return;
  lifecycle.isStopping = true;
  log('info', 'stopping', { signal });
  const closed = new Promise((resolve) => server.close(resolve));
  // A connection that is kept alive becomes idle only after its last answer.
  setInterval(() => server.closeIdleConnections(), 50).unref();
  setTimeout(() => server.closeAllConnections(), config.shutdownTimeoutMs).unref();
  await closed;
  await onStop();
  process.exit(0);
}

process.on('unhandledRejection', (error) =>
  log('error', 'unhandled rejection', describeError(error)),
);
process.on('uncaughtException', (error) => {
  log('error', 'uncaught exception', describeError(error));
  process.exit(1);
});
