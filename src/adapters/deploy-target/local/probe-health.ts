import { get } from 'node:http';

/** What `/health` said: the HTTP status and the beginning of the body; status 0 when nothing answered. */
export interface HealthAnswer {
  readonly status: number;
  readonly body: string;
}

const MAX_BODY = 2000;

/** One GET /health on a connection of its own, so that a server that is ending has nothing to wait for. */
export function probeHealth(port: number, timeoutMs: number): Promise<HealthAnswer> {
  return new Promise((resolve) => {
    const nothing = (reason: string) => resolve({ status: 0, body: reason });
    const request = get({ host: '127.0.0.1', port, path: '/health', agent: false }, (answer) => {
      let body = '';
      answer.setEncoding('utf8');
      answer.on('data', (chunk: string) => {
        body = (body + chunk).slice(0, MAX_BODY);
      });
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body }));
      answer.on('error', () => nothing('the answer was cut off'));
    });
    const timer = setTimeout(() => request.destroy(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
    request.on('error', (error) => nothing(error.message));
    request.on('close', () => clearTimeout(timer));
  });
}
