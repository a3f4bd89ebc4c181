/** The blog API by hand on Fastify and pg, for `bench:api`. */
import Fastify from 'fastify';
import { nanoid } from 'nanoid';
import { createPost, findPost, listPosts, logRequests, type NewPost, port } from './api-rival-blog.ts';

const app = Fastify({ logger: logRequests });
const text = { type: 'string' };

app.get<{ Params: { id: string } }>('/posts/:id', async ({ params }, reply) => {
  const post = await findPost(params.id);
  return post ?? reply.code(404).send({ error: 'not found' });
});

const list = { querystring: { type: 'object', properties: { limit: { type: 'integer', default: 20 }, status: text } } };
app.get<{ Querystring: { limit: number; status?: string } }>('/posts', { schema: list }, ({ query }) =>
  listPosts(query.limit, query.status ?? null),
);

const properties = { author_id: text, title: text, slug: text, body: { type: ['string', 'null'] }, status: text };
const create = { body: { type: 'object', required: ['author_id', 'title', 'slug', 'status'], properties } };
app.post<{ Body: NewPost }>('/posts', { schema: create }, async ({ body }, reply) => {
  const post = await createPost(nanoid(), body);
  return reply.code(201).header('location', `/posts/${post?.id}`).send(post);
});

await app.listen({ port, host: '127.0.0.1' });
