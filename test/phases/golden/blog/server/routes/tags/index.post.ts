import { defineHandler } from 'nitro/h3';
import { create } from '../../data/tags.ts';
import { answerCreated, readBody } from '../../lib/request.ts';
import { createSchema } from '../../schemas/tags.ts';

export default defineHandler(async (event) => {
  const row = await create(await readBody(event, createSchema));
  return answerCreated(event, '/tags', [row.id], row);
});
