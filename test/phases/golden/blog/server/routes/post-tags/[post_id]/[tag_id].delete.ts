import { defineHandler, noContent } from 'nitro/h3';
import { find, remove } from '../../../data/post_tags.ts';
import { readKey } from '../../../lib/request.ts';
import { versionsToChange, whyNot } from '../../../lib/rows.ts';
import { keySchema } from '../../../schemas/post_tags.ts';

export default defineHandler(async (event) => {
  const key = readKey(event, keySchema);
  if (await remove(key, versionsToChange(event))) return noContent();
  throw await whyNot(event, () => find(key));
});
