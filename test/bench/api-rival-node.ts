/** The blog API as one writes it by hand on node:http and pg: the floor that `bench:api` compares with. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { nanoid } from 'nanoid';
import { createPost, findPost, listPosts, logRequests, type NewPost, port } from './api-rival-blog.ts';

function send(response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
}

async function readPost(request: IncomingMessage): Promise<NewPost | null> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const body = JSON.parse(Buffer.concat(chunks).toString());
  const texts = [body.author_id, body.title, body.slug, body.status];
  return texts.every((text) => typeof text === 'string') ? body : null;
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://localhost');
  if (request.method === 'GET' && url.pathname === '/posts') {
    const { searchParams } = url;
    return send(response, 200, await listPosts(Number(searchParams.get('limit') ?? 20), searchParams.get('status')));
  }
  if (request.method === 'GET' && url.pathname.startsWith('/posts/')) {
    const post = await findPost(url.pathname.slice('/posts/'.length));
    return post ? send(response, 200, post) : send(response, 404, { error: 'not found' });
  }
  if (request.method === 'POST' && url.pathname === '/posts') {
    const body = await readPost(request);
    if (!body) return send(response, 400, { error: 'bad request' });
    const post = await createPost(nanoid(), body);
    return send(response, 201, post, { location: `/posts/${post?.id}` });
  }
  send(response, 404, { error: 'not found' });
}

createServer((request, response) => {
  if (logRequests) {
    const start = performance.now();
    response.on('finish', () => {
      const { method, url } = request;
      const ms = performance.now() - start;
      console.log(JSON.stringify({ time: new Date(), method, url, status: response.statusCode, ms }));
    });
  }
  answer(request, response).catch((error) => {
    console.error(error);
    send(response, 500, { error: 'failed' });
  });
}).listen(port, '127.0.0.1');
