import { defineHandler } from 'nitro/h3';
import { find } from '../../data/tags.ts';
import { found, readKey } from '../../lib/request.ts';
import { keySchema } from '../../schemas/tags.ts';

export default defineHandler(async (event) => found(await find(readKey(event, keySchema))));
