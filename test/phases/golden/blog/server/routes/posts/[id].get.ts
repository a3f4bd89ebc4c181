import { defineHandler } from 'nitro/h3';
import { find } from '../../data/posts.ts';
import { readKey } from '../../lib/request.ts';
import { answerRow } from '../../lib/rows.ts';
import { relations } from '../../relations/posts.ts';
import { columns, keySchema } from '../../schemas/posts.ts';

export default defineHandler(async (event) => {
  const row = await find(readKey(event, keySchema));
  return answerRow(event, row, columns, relations);
});
