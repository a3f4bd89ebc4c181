import { defineHandler } from 'nitro/h3';
import { list } from '../../data/posts.ts';
import { readPageQuery, toPage } from '../../lib/pagination.ts';
import { cursorOf, cursorSchema } from '../../schemas/posts.ts';

export default defineHandler(async (event) => {
  const query = readPageQuery(event, 'posts', cursorSchema);
  return toPage(await list(query), query, cursorOf);
});
