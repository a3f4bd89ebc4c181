import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { useNitroApp } from 'nitro/app';
import { type H3, toNodeHandler } from 'nitro/h3';
import { config } from './lib/config.ts';
import { answerCors } from './lib/cors.ts';
import { lifecycle } from './lib/lifecycle.ts';
import { describeError, log } from './lib/log.ts';

const HEADERS = Object.entries({
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
});

const app = useNitroApp();
// Of the app it is given, the adapter uses `fetch` alone; Nitro's has it too.
const handle = toNodeHandler(app as unknown as H3);
// Errors are logged once, by the error handler.
if (app.h3) app.h3.config.silent = true;

// Who sends its request slower than this is cut off, within a second.
const TIMEOUTS = {
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  connectionsCheckingInterval: 1000,
} as const;

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
  answer(request, response).catch((error: unknown) => {
    log('error', 'request failed', { requestId, ...describeError(error) });
    if (!response.headersSent) response.statusCode = 500;
    response.end();
  });
});

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  await handle(request, response);
}

/** The client's own id when it is harmless in a log, otherwise a new one. */
function requestIdOf(request: IncomingMessage): string {
  const given = request.headers['x-request-id'];
  return typeof given === 'string' && /^[\w.-]{1,64}$/.test(given) ? given : randomUUID();
}

/** Lets running requests finish, then closes what plugins opened. */
async function stop(signal: string): Promise<void> {
  if (lifecycle.isStopping) return;
  lifecycle.isStopping = true;
  log('info', 'stopping', { signal });
  const closed = new Promise((resolve) => server.close(resolve));
  // A connection that is kept alive becomes idle only after its last answer.
  setInterval(() => server.closeIdleConnections(), 50).unref();
  setTimeout(() => server.closeAllConnections(), config.shutdownTimeoutMs).unref();
  await closed;
  await app.hooks?.callHook('close');
  process.exit(0);
}

for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void stop(signal));

process.on('unhandledRejection', (error) =>
  log('error', 'unhandled rejection', describeError(error)),
);
process.on('uncaughtException', (error) => {
  log('error', 'uncaught exception', describeError(error));
  process.exit(1);
});

server.on('error', (error) => {
  log('error', `cannot listen on ${config.host}:${config.port}`, { error: error.message });
  process.exit(1);
});
server.listen(config.port, config.host, () => {
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : config.port;
  log('info', 'listening', { host: config.host, port });
});
