import { defineHandler } from 'nitro/h3';
import { create } from '../../data/posts.ts';
import { answerCreated, readBody } from '../../lib/request.ts';
import { createSchema } from '../../schemas/posts.ts';

export default defineHandler(async (event) => {
  const row = await create(await readBody(event, createSchema));
  return answerCreated(event, '/posts', [row.id], row);
});
