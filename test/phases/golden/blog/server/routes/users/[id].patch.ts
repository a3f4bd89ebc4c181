import { defineHandler } from 'nitro/h3';
import { update } from '../../data/users.ts';
import { found, readBody, readKey } from '../../lib/request.ts';
import { keySchema, patchSchema } from '../../schemas/users.ts';

export default defineHandler(async (event) => {
  const key = readKey(event, keySchema);
  return found(await update(key, await readBody(event, patchSchema)));
});
