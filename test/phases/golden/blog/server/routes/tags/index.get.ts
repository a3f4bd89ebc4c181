import { defineHandler } from 'nitro/h3';
import { collection } from '../../data/tags.ts';
import { answerList } from '../../lib/lists.ts';
import { relations } from '../../relations/tags.ts';

export default defineHandler((event) => answerList(event, collection, relations));
