import { defineHandler } from 'nitro/h3';
import { find } from '../../../../data/posts.ts';
import { answerChildren } from '../../../../lib/lists.ts';
import { readKey } from '../../../../lib/request.ts';
import { relations as childRelations } from '../../../../relations/post_tags.ts';
import { relations } from '../../../../relations/posts.ts';
import { keySchema } from '../../../../schemas/posts.ts';

export default defineHandler((event) => {
  const key = readKey(event, keySchema);
  return answerChildren(event, relations.post_tags, key, () => find(key), childRelations);
});
