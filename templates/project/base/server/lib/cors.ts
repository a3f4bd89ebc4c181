import type { IncomingMessage, ServerResponse } from 'node:http';
import { config } from './config.ts';

const PREFLIGHT = {
  'access-control-allow-methods': 'GET, HEAD, POST, PUT, PATCH, DELETE',
  'access-control-allow-headers':
    'authorization, content-type, idempotency-key, if-match, if-none-match, x-request-id',
  'access-control-max-age': '600',
} as const;
const EXPOSED = 'etag, location, retry-after, x-request-id';

/** Lets pages of the origins in CORS_ORIGINS read answers. True when the request is answered with that. */
export function answerCors(request: IncomingMessage, response: ServerResponse): boolean {
  if (config.corsOrigins.size === 0) return false;
  response.setHeader('vary', 'origin');
  const { origin } = request.headers;
  if (origin === undefined || !config.corsOrigins.has(origin)) return false;
  response.setHeader('access-control-allow-origin', origin);
  response.setHeader('access-control-expose-headers', EXPOSED);
  const isPreflight =
    request.method === 'OPTIONS' && 'access-control-request-method' in request.headers;
  if (isPreflight) response.writeHead(204, PREFLIGHT).end();
  return isPreflight;
}
