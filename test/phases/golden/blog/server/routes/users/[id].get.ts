import { defineHandler } from 'nitro/h3';
import { find } from '../../data/users.ts';
import { found, readKey } from '../../lib/request.ts';
import { keySchema } from '../../schemas/users.ts';

export default defineHandler(async (event) => found(await find(readKey(event, keySchema))));
