import { defineHandler } from 'nitro/h3';
import { list } from '../../data/users.ts';
import { readPageQuery, toPage } from '../../lib/pagination.ts';
import { cursorOf, cursorSchema } from '../../schemas/users.ts';

export default defineHandler(async (event) => {
  const query = readPageQuery(event, 'users', cursorSchema);
  return toPage(await list(query), query, cursorOf);
});
