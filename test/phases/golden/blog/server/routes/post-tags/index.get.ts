import { defineHandler } from 'nitro/h3';
import { list } from '../../data/post_tags.ts';
import { readPageQuery, toPage } from '../../lib/pagination.ts';
import { cursorOf, cursorSchema } from '../../schemas/post_tags.ts';

export default defineHandler(async (event) => {
  const query = readPageQuery(event, 'post_tags', cursorSchema);
  return toPage(await list(query), query, cursorOf);
});
