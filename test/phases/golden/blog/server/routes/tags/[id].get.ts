import { defineHandler } from 'nitro/h3';
import { find } from '../../data/tags.ts';
import { readKey } from '../../lib/request.ts';
import { answerRow } from '../../lib/rows.ts';
import { relations } from '../../relations/tags.ts';
import { columns, keySchema } from '../../schemas/tags.ts';

export default defineHandler(async (event) => {
  const row = await find(readKey(event, keySchema));
  return answerRow(event, row, columns, relations);
});
