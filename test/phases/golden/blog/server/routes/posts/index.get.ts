import { defineHandler } from 'nitro/h3';
import { collection } from '../../data/posts.ts';
import { answerList } from '../../lib/lists.ts';
import { relations } from '../../relations/posts.ts';

export default defineHandler((event) => answerList(event, collection, relations));
