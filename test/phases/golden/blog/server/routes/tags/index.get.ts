import { defineHandler } from 'nitro/h3';
import { list } from '../../data/tags.ts';
import { readPageQuery, toPage } from '../../lib/pagination.ts';
import { cursorOf, cursorSchema } from '../../schemas/tags.ts';

export default defineHandler(async (event) => {
  const query = readPageQuery(event, 'tags', cursorSchema);
  return toPage(await list(query), query, cursorOf);
});
