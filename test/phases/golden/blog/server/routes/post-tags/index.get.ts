import { defineHandler } from 'nitro/h3';
import { collection } from '../../data/post_tags.ts';
import { answerList } from '../../lib/lists.ts';
import { relations } from '../../relations/post_tags.ts';

export default defineHandler((event) => answerList(event, collection, relations));
