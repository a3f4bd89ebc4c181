import { defineHandler } from 'nitro/h3';
import { create } from '../../data/users.ts';
import { answerCreated, readBody } from '../../lib/request.ts';
import { createSchema } from '../../schemas/users.ts';

export default defineHandler(async (event) => {
  const row = await create(await readBody(event, createSchema));
  return answerCreated(event, '/users', [row.id], row);
});
