import { defineHandler } from 'nitro/h3';
import { find } from '../../../../data/users.ts';
import { answerChildren } from '../../../../lib/lists.ts';
import { readKey } from '../../../../lib/request.ts';
import { relations as childRelations } from '../../../../relations/posts.ts';
import { relations } from '../../../../relations/users.ts';
import { keySchema } from '../../../../schemas/users.ts';

export default defineHandler((event) => {
  const key = readKey(event, keySchema);
  return answerChildren(event, relations.posts, key, () => find(key), childRelations);
});
