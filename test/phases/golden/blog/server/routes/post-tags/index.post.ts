import { defineHandler } from 'nitro/h3';
import { create } from '../../data/post_tags.ts';
import { answerCreated, readBody } from '../../lib/request.ts';
import { createSchema } from '../../schemas/post_tags.ts';

export default defineHandler(async (event) => {
  const row = await create(await readBody(event, createSchema));
  return answerCreated(event, '/post-tags', [row.post_id, row.tag_id], row);
});
