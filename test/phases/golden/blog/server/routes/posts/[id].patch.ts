import { defineHandler } from 'nitro/h3';
import { find, update } from '../../data/posts.ts';
import { readBody, readKey } from '../../lib/request.ts';
import { answerChanged, versionsToChange } from '../../lib/rows.ts';
import { keySchema, patchSchema } from '../../schemas/posts.ts';

export default defineHandler(async (event) => {
  const key = readKey(event, keySchema);
  const body = await readBody(event, patchSchema);
  const row = await update(key, body, versionsToChange(event));
  return answerChanged(event, row, () => find(key));
});
