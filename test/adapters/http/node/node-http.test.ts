import { createServer, type RequestListener } from 'node:http';
import { expect, test } from 'vitest';
import { nodeHttp } from '../../../../src/adapters/http/node/node-http.ts';

async function withServer(answer: RequestListener, work: (url: string) => Promise<void>): Promise<void> {
  const server = createServer(answer);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  try {
    await work(`http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`);
  } finally {
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  }
}

test('sends method, path, headers and JSON as they are, and gives back the whole answer', () =>
  withServer(
    async (request, response) => {
      let body = '';
      for await (const chunk of request) body += chunk;
      const { method, url, headers } = request;
      response.writeHead(201, { 'X-One': ['a', 'b'], Location: '/x' });
      response.end(JSON.stringify({ method, url, body, type: headers['content-type'], own: headers['x-own'] }));
    },
    async (url) => {
      const answer = await nodeHttp().request('PUT', `${url}/a%2Fb?x=1`, { json: { é: 1 }, headers: { 'x-own': 'y' } });
      expect(answer.status).toBe(201);
      expect(answer.headers).toMatchObject({ 'x-one': 'a, b', location: '/x' });
      const want = { method: 'PUT', url: '/a%2Fb?x=1', body: '{"é":1}', type: 'application/json', own: 'y' };
      expect(JSON.parse(answer.body)).toEqual(want);
    },
  ));

test('a redirect is an answer and is not followed', () =>
  withServer(
    (_request, response) => response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end(),
    async (url) => {
      expect((await nodeHttp().request('GET', url)).status).toBe(302);
    },
  ));

test('an answer that is too long is refused before it is held', () =>
  withServer(
    (_request, response) => {
      response.on('error', () => {});
      const more = () => {
        while (!response.destroyed && response.write('x'.repeat(65_536)));
      };
      response.on('drain', more);
      more();
    },
    async (url) => {
      await expect(nodeHttp({ maxBytes: 100_000 }).request('GET', url)).rejects.toThrow('more than 100000 bytes');
    },
  ));

test('silence is given up at the time limit, before and in the middle of an answer', () =>
  withServer(
    (request, response) => {
      if (request.url === '/half') response.writeHead(200, { 'content-length': 10 }).write('half');
    },
    async (url) => {
      const http = nodeHttp();
      await expect(http.request('GET', `${url}/none`, { timeoutMs: 80 })).rejects.toThrow('no answer in time');
      await expect(http.request('GET', `${url}/half`, { timeoutMs: 80 })).rejects.toThrow();
    },
  ));

test('nobody there is a rejection, and an address that is none too', async () => {
  const http = nodeHttp();
  await expect(http.request('GET', 'http://127.0.0.1:1/')).rejects.toThrow('ECONNREFUSED');
  await expect(http.request('GET', 'file:///etc/passwd')).rejects.toThrow('not a web address');
  await expect(http.request('GET', 'nonsense')).rejects.toThrow();
});

test('a kept connection that the server closes meanwhile does not fail the next request', () => {
  let seen = 0;
  return withServer(
    (request, response) => {
      seen += 1;
      if (seen === 2) request.socket.destroy();
      else response.end('ok');
    },
    async (url) => {
      const http = nodeHttp();
      await http.request('GET', url);
      // The second request meets a connection that dies under it, as one does that was closed for being idle.
      expect((await http.request('GET', url)).body).toBe('ok');
      expect(seen).toBe(3);
    },
  );
});
