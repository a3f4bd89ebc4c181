import { defineHandler } from 'nitro/h3';
import { find } from '../../data/posts.ts';
import { found, readKey } from '../../lib/request.ts';
import { keySchema } from '../../schemas/posts.ts';

export default defineHandler(async (event) => found(await find(readKey(event, keySchema))));
