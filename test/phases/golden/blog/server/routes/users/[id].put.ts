import { defineHandler } from 'nitro/h3';
import { find, replace } from '../../data/users.ts';
import { readBody, readKey } from '../../lib/request.ts';
import { answerChanged, versionsToChange } from '../../lib/rows.ts';
import { keySchema, replaceSchema } from '../../schemas/users.ts';

export default defineHandler(async (event) => {
  const key = readKey(event, keySchema);
  const body = await readBody(event, replaceSchema);
  const row = await replace(key, body, versionsToChange(event));
  return answerChanged(event, row, () => find(key));
});
