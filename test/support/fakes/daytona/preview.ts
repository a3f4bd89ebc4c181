import { randomBytes } from 'node:crypto';
import { request as ask, createServer } from 'node:http';
import { closeServer, originOf } from './fake-server.ts';

/** The address under which a port of a sandbox is reached, and what opens it. */
export interface Preview {
  readonly url: string;
  readonly token: string;
  close(): Promise<void>;
}

/** Passes on to a port of this machine what carries the token, as the proxy before private sandboxes does. */
export async function servePreview(port: number): Promise<Preview> {
  const token = randomBytes(16).toString('hex');
  const server = createServer((incoming, response) => {
    const { 'x-daytona-preview-token': given, ...headers } = incoming.headers;
    if (given !== token) {
      response.writeHead(401, { 'content-type': 'text/plain' });
      response.end('unauthorized');
      return;
    }
    const { method = 'GET', url = '/' } = incoming;
    const onward = ask({ host: '127.0.0.1', port, method, path: url, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    onward.on('error', () => {
      if (!response.headersSent) response.writeHead(502);
      response.end();
    });
    incoming.pipe(onward);
  });
  await new Promise<void>((done) => {
    server.listen(0, '127.0.0.1', done);
  });
  return { url: originOf(server), token, close: () => closeServer(server) };
}
