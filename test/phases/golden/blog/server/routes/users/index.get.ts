import { defineHandler } from 'nitro/h3';
import { collection } from '../../data/users.ts';
import { answerList } from '../../lib/lists.ts';
import { relations } from '../../relations/users.ts';

export default defineHandler((event) => answerList(event, collection, relations));
