import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { type Certificate, newAuthority, newCertificate } from './certificates.ts';

/** A proxy on loopback that leads every name to servers of a test, and keeps all bytes that it could read. */
export interface TestProxy {
  readonly port: number;
  /** What it was asked for: `CONNECT api.test:443` and the like. */
  readonly asked: string[];
  /** Headers of each request that it saw. */
  readonly headers: IncomingMessage['headers'][];
  /** Everything that came through it, as it saw it. */
  seen(): string;
}

export interface NetworkScene {
  readonly proxy: TestProxy;
  /** Requests that reached the service, by TLS or in clear. */
  readonly received: { readonly url: string; readonly authorization: string; readonly body: string }[];
  /** PEM of the authority that signed the service's certificate. */
  readonly authority: string;
  readonly tlsPort: number;
  readonly plainPort: number;
}

const portOf = (server: Server) => (server.address() as AddressInfo).port;
const listen = (server: Server) => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));

/** A service for api.test, by TLS and in clear, and a proxy before it, which wants this login when one is given. */
export async function withNetwork(
  work: (scene: NetworkScene) => Promise<void>,
  { login, answer = sayFine }: { readonly login?: string; readonly answer?: (response: ServerResponse) => void } = {},
): Promise<void> {
  const authority = newAuthority(`Test authority ${randomUUID()}`);
  const certificate: Certificate = newCertificate({ names: ['api.test', '127.0.0.1'], authority });
  const received: { url: string; authorization: string; body: string }[] = [];
  const serve = async (request: IncomingMessage, response: ServerResponse) => {
    let body = '';
    for await (const part of request) body += part;
    received.push({ url: request.url ?? '', authorization: request.headers.authorization ?? '', body });
    answer(response);
  };
  const tls = createTlsServer({ cert: certificate.certificate, key: certificate.key }, serve);
  const plain = createServer(serve);
  await Promise.all([listen(tls), listen(plain)]);
  const { server, proxy, sockets } = await startProxy({ tls: portOf(tls), plain: portOf(plain) }, login);
  try {
    const ports = { tlsPort: portOf(tls), plainPort: portOf(plain) };
    await work({ proxy, received, authority: authority.certificate, ...ports });
  } finally {
    for (const socket of sockets) socket.destroy();
    for (const one of [tls, plain, server]) {
      one.closeAllConnections();
      await new Promise((resolve) => one.close(resolve));
    }
  }
}

function sayFine(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end('{"fine":true}');
}

async function startProxy(behind: { readonly tls: number; readonly plain: number }, login: string | undefined) {
  const asked: string[] = [];
  const headers: IncomingMessage['headers'][] = [];
  const chunks: Buffer[] = [];
  const sockets = new Set<Socket>();
  const wanted = login === undefined ? undefined : `Basic ${Buffer.from(login).toString('base64')}`;
  const note = (request: IncomingMessage): boolean => {
    asked.push(`${request.method} ${request.url}`);
    headers.push(request.headers);
    return wanted === undefined || request.headers['proxy-authorization'] === wanted;
  };
  const server = createServer((request, response) => {
    if (!note(request)) {
      response.writeHead(407, { 'proxy-authenticate': 'Basic' }).end();
      return;
    }
    const { pathname, search } = new URL(request.url ?? '');
    const target = connect(behind.plain, '127.0.0.1', () => {
      target.write(`${request.method} ${pathname}${search} HTTP/1.1\r\nhost: api.test\r\nconnection: close\r\n`);
      target.write(`authorization: ${request.headers.authorization ?? ''}\r\n\r\n`);
    });
    sockets.add(target);
    target.pipe(response.socket as Socket);
  });
  server.on('connect', (request: IncomingMessage, client: Socket) => {
    if (!note(request)) {
      client.end('HTTP/1.1 407 Proxy Authentication Required\r\nproxy-authenticate: Basic\r\n\r\n');
      return;
    }
    const target = connect(behind.tls, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      client.on('data', (chunk) => chunks.push(chunk));
      target.on('data', (chunk) => chunks.push(chunk));
      client.pipe(target).pipe(client);
    });
    for (const socket of [client, target]) {
      sockets.add(socket);
      socket.on('error', () => {});
    }
  });
  await listen(server);
  const seen = () => `${JSON.stringify(headers)}${Buffer.concat(chunks).toString('latin1')}`;
  return { server, sockets, proxy: { port: portOf(server), asked, headers, seen } };
}
