import { defineHandler } from 'nitro/h3';
import { create, createAll } from '../../data/tags.ts';
import { readOnce } from '../../lib/idempotency.ts';
import { readBodies } from '../../lib/request.ts';
import { answerAllCreated, answerCreated } from '../../lib/rows.ts';
import { createSchema } from '../../schemas/tags.ts';

export default defineHandler(async (event) => {
  const body = await readBodies(event, createSchema);
  if ('many' in body) {
    const rows = await createAll(body.many, readOnce(event, body.many));
    return answerAllCreated(event, rows);
  }
  const row = await create(body.one, readOnce(event, body.one));
  return answerCreated(event, '/tags', [row.id], row);
});
