/** The blog API by hand on Hono, its Node server and pg, for `bench:api`. */
import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import { logger } from 'hono/logger';
import { nanoid } from 'nanoid';
import { createPost, findPost, listPosts, logRequests, type NewPost, port } from './api-rival-blog.ts';

const app = new Hono();
if (logRequests) app.use(logger());

app.get('/posts/:id', async (context) => {
  const post = await findPost(context.req.param('id'));
  return post ? context.json(post) : context.json({ error: 'not found' }, 404);
});

app.get('/posts', async (context) =>
  context.json(await listPosts(Number(context.req.query('limit') ?? 20), context.req.query('status') ?? null)),
);

app.post('/posts', async (context) => {
  const body = await context.req.json<NewPost>();
  const texts = [body.author_id, body.title, body.slug, body.status];
  if (!texts.every((text) => typeof text === 'string')) return context.json({ error: 'bad request' }, 400);
  const post = await createPost(nanoid(), body);
  return context.json(post, 201, { location: `/posts/${post?.id}` });
});

serve({ fetch: app.fetch, port, hostname: '127.0.0.1' });
