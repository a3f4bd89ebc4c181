import { defineHandler, noContent } from 'nitro/h3';
import { remove } from '../../data/posts.ts';
import { notFound, readKey } from '../../lib/request.ts';
import { keySchema } from '../../schemas/posts.ts';

export default defineHandler(async (event) => {
  if (!(await remove(readKey(event, keySchema)))) throw notFound();
  return noContent();
});
